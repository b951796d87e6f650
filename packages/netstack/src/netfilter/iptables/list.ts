/**
 * `iptables -L`: chains as tables, with the words of each extension's print function (iptables 1.8.9).
 *
 * Addresses are never looked up: without -n only `anywhere`, protocols and well-known ports get names.
 */
import type { Chain } from './chain.ts';
import type { AddressTest, InterfaceTest, Match, Rule, Target } from './rule.ts';

export interface ListOptions {
  /** `-n`. */
  readonly isNumeric: boolean;
  /** `-v`. */
  readonly isVerbose: boolean;
  /** `-x`: counters in full. */
  readonly isExact: boolean;
  /** `--line-numbers`. */
  readonly hasNumbers: boolean;
}

export function listChains(
  chains: readonly Chain[],
  options: ListOptions,
  referenceCount: (chain: string) => number,
): string {
  return chains.map((chain) => listChain(chain, options, referenceCount(chain.name))).join('\n');
}

function listChain(chain: Chain, options: ListOptions, references: number): string {
  const policyCounters = options.isVerbose
    ? ` ${counter(chain.policyPackets, options).trim()} packets, ${counter(chain.policyBytes, options).trim()} bytes`
    : '';
  const about =
    chain.policy === undefined
      ? `${references} references`
      : `policy ${chain.policy}${policyCounters}`;
  const number = options.hasNumbers ? 'num  ' : '';
  const [counters, interfaces] = options.isVerbose
    ? [options.isExact ? '    pkts      bytes ' : ' pkts bytes ', 'in     out     ']
    : ['', ''];
  const rows = chain.rules.map((rule, index) => listRule(rule, chain, index, options));
  return `Chain ${chain.name} (${about})\n${number}${counters}target     prot opt ${interfaces}source               destination         \n${rows.join('')}`;
}

function listRule(rule: Rule, chain: Chain, index: number, options: ListOptions): string {
  const number = options.hasNumbers ? `${String(index + 1).padEnd(4)} ` : '';
  const counters = options.isVerbose
    ? counter(chain.packetsOf(index), options) + counter(chain.bytesOf(index), options)
    : '';
  const interfaces = options.isVerbose
    ? `${interfaceText(rule.inInterface, options).padEnd(6)} ${interfaceText(rule.outInterface, options).padEnd(6)} `
    : '';
  const fragment = rule.fragment === 'any' ? '--' : rule.fragment === 'later' ? '-f' : '!f';
  const target = rule.jumpTo ?? rule.target?.name ?? '';
  const words = [
    ...(rule.isGoto ? ['[goto]'] : []),
    ...rule.matches.map((match) => matchWords(match, options)),
    ...(rule.target === undefined ? [] : [targetWords(rule.target)]),
  ].filter((text) => text !== '');
  return (
    `${number}${counters}${target.padEnd(9)}  ${protocolText(rule, options).padEnd(5)}${fragment} ${interfaces === '' ? '' : ` ${interfaces}`}` +
    `${addressText(rule.src, options)}${addressText(rule.dst, options)}${words.map((word) => ` ${word}`).join('')}\n`
  );
}

/** print_num(): five columns, thousands as K above 99999. */
function counter(value: number, options: ListOptions): string {
  if (options.isExact) return `${String(value).padStart(8)} `;
  let number = value;
  if (number <= 99_999) return `${String(number).padStart(5)} `;
  for (const unit of ['K', 'M', 'G']) {
    number = Math.floor((number + 500) / 1000);
    if (number <= 9999) return `${String(number).padStart(4)}${unit} `;
  }
  return `${String(Math.floor((number + 500) / 1000)).padStart(4)}T `;
}

const PROTOCOL_NAMES: ReadonlyMap<number, string> = new Map([
  [0, 'all'],
  [1, 'icmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [132, 'sctp'],
]);

function protocolText(rule: Rule, options: ListOptions): string {
  const name = options.isNumeric ? undefined : PROTOCOL_NAMES.get(rule.proto);
  return `${rule.isProtoInverted ? '!' : ''}${name ?? String(rule.proto)}`;
}

function addressText(test: AddressTest | undefined, options: ListOptions): string {
  if (test === undefined) return ` ${(options.isNumeric ? '0.0.0.0/0' : 'anywhere').padEnd(19)} `;
  const [cidr = ''] = /\S+$/.exec(test.text) ?? [];
  const shown = cidr.replace(/\/32$/, '');
  return `${test.isInverted ? '!' : ' '}${shown.padEnd(19)} `;
}

function interfaceText(test: InterfaceTest | undefined, options: ListOptions): string {
  if (test === undefined) return options.isNumeric ? '*' : 'any';
  return `${test.isInverted ? '!' : ''}${test.name}${test.isPrefix ? '+' : ''}`;
}

/** An option as iptables-save prints it: its name, its value, whether `!` stands before it. */
interface SavedOption {
  readonly name: string;
  readonly value: string;
  readonly bang: string;
}

function savedOptions(text: string): SavedOption[] {
  const found: SavedOption[] = [];
  for (const match of text.matchAll(
    /(! )?--([a-z-]+)((?: (?!--|! --)(?:"(?:[^"\\]|\\.)*"|\S+))*)/g,
  )) {
    found.push({ name: match[2] ?? '', value: (match[3] ?? '').trim(), bang: match[1] ?? '' });
  }
  return found;
}

const PORT_NAMES: ReadonlyMap<string, string> = new Map([
  ['22', 'ssh'],
  ['53', 'domain'],
  ['80', 'http'],
  ['443', 'https'],
]);

/** What the print function of a match says; an extension without words of its own here in save form. */
function matchWords(match: Match, options: ListOptions): string {
  const given = savedOptions(match.text);
  const all = (write: (option: SavedOption) => string): string => given.map(write).join(' ');
  switch (match.name) {
    case 'comment':
      return `/* ${(given[0]?.value ?? '').replace(/^"(.*)"$/, '$1').replace(/\\(.)/g, '$1')} */`;
    case 'tcp':
    case 'udp':
    case 'sctp':
      return [match.name, ...given.map((option) => portWords(option, options))].join(' ');
    case 'multiport':
      return `multiport ${all((option) => `${option.name} ${option.bang === '' ? '' : '!'}${option.value}`)}`;
    case 'icmp':
      return icmpWords(given[0]);
    case 'conntrack':
      return all(({ bang, name, value }) => `${bang}${name} ${value}`);
    case 'state':
      return `state ${given[0]?.bang ?? ''}${given[0]?.value ?? ''}`;
    case 'mark':
      return `mark match ${given[0]?.bang ?? ''}${given[0]?.value ?? ''}`;
    case 'connmark':
      return `connmark match ${given[0]?.bang ?? ''} ${given[0]?.value ?? ''}`;
    case 'statistic':
      return `statistic ${all(({ bang, name, value }) => (name === 'packet' && value === '0' ? '' : `${bang}${name} ${value}`)).trimEnd()}`;
    case 'addrtype':
      return `ADDRTYPE match ${all(({ bang, name, value }) => addrtypeWords(bang, name, value))}`;
    case 'recent':
      return recentWords(given);
    case 'limit': {
      const value = (name: string): string => given.find((one) => one.name === name)?.value ?? '';
      return `limit: avg ${value('limit')
        .replace(/minute$/, 'min')
        .replace(
          /second$/,
          'sec',
        )} burst ${value('limit-burst') === '' ? '5' : value('limit-burst')}`;
    }
    case 'physdev':
      return `PHYSDEV match${all(({ bang, name, value }) => ` ${bang}--${name}${value === '' ? '' : ` ${value}`}`)}`;
    case 'mac':
      return `MAC ${given[0]?.bang ?? ''}${given[0]?.value ?? ''}`;
    case 'iprange':
      return all(
        ({ bang, name, value }) =>
          `${name === 'src-range' ? 'source' : 'destination'} IP range ${bang}${value}`,
      );
    default:
      return `${match.name}${match.text}`;
  }
}

function portWords({ name, value, bang }: SavedOption, options: ListOptions): string {
  const invert = bang === '' ? '' : '!';
  if (name === 'dport' || name === 'sport') {
    const label = name === 'dport' ? 'dpt' : 'spt';
    if (value.includes(':')) return `${label}s:${invert}${value}`;
    const shown = options.isNumeric ? value : (PORT_NAMES.get(value) ?? value);
    return `${label}:${invert}${shown}`;
  }
  if (name === 'tcp-flags') {
    const [mask = '', set = ''] = value.split(' ');
    const shown = options.isNumeric ? `0x${flagBits(mask)}/0x${flagBits(set)}` : `${mask}/${set}`;
    return `flags:${invert}${shown}`;
  }
  return `option=${invert}${value}`;
}

const TCP_FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'];

function flagBits(names: string): string {
  let bits = 0;
  for (const name of names.split(',')) {
    if (name === 'ALL') bits = 0x3f;
    const at = TCP_FLAGS.indexOf(name);
    if (at >= 0) bits |= 1 << at;
  }
  return bits.toString(16).toUpperCase().padStart(2, '0');
}

function icmpWords(option: SavedOption | undefined): string {
  if (option === undefined || option.value === 'any') return '';
  const [type = '', code] = option.value.split('/');
  const invert = option.bang === '' ? '' : '!';
  return `icmptype ${invert}${type}${code === undefined ? '' : ` code ${code}`}`;
}

function addrtypeWords(bang: string, name: string, value: string): string {
  if (name === 'limit-iface-in') return 'limit-in';
  if (name === 'limit-iface-out') return 'limit-out';
  return `${name} ${bang === '' ? '' : '!'}${value}`;
}

function recentWords(given: readonly SavedOption[]): string {
  let text = '';
  for (const { name, value, bang } of given) {
    if (['set', 'rcheck', 'update', 'remove'].includes(name)) {
      const word = name === 'rcheck' ? 'CHECK' : name.toUpperCase();
      text += `${bang}recent: ${word}`;
    } else if (name === 'seconds') text += ` seconds: ${value}`;
    else if (name === 'hitcount') text += ` hit_count: ${value}`;
    else if (name === 'reap') text += ' reap';
    else if (name === 'rttl') text += ' TTL-Match';
    else if (name === 'name') text += ` name: ${value}`;
    else if (name === 'rsource') text += ' side: source';
    else if (name === 'rdest') text += ' side: dest';
    else if (name === 'mask') text += ` mask: ${value}`;
  }
  return text.replace(/( mask: \S+)( side: \w+)/, '$2$1');
}

/** What the print function of a target says behind the matches. */
function targetWords(target: Target): string {
  const given = savedOptions(target.text);
  const value = (name: string): string | undefined =>
    given.find((option) => option.name === name)?.value;
  const flags = ['random', 'random-fully', 'persistent']
    .filter((name) => value(name) !== undefined)
    .map((name) => ` ${name}`)
    .join('');
  switch (target.name) {
    case 'DNAT':
      return `to:${value('to-destination') ?? ''}${flags}`;
    case 'SNAT':
      return `to:${value('to-source') ?? ''}${flags}`;
    case 'MASQUERADE': {
      const ports = value('to-ports');
      return `${ports === undefined ? '' : `masq ports: ${ports}`}${flags}`.trimStart();
    }
    case 'REDIRECT': {
      const ports = value('to-ports');
      return `${ports === undefined ? '' : `redir ports ${ports}`}${flags}`.trimStart();
    }
    case 'REJECT':
      return `reject-with ${value('reject-with') ?? ''}`;
    case 'MARK':
      return markWords('MARK', value('set-xmark') ?? '0x0/0xffffffff');
    case 'CONNMARK': {
      const xmark = value('set-xmark');
      if (xmark !== undefined) return markWords('CONNMARK', xmark);
      return `CONNMARK ${value('save-mark') === undefined ? 'restore' : 'save'}`;
    }
    case 'LOG': {
      const prefix = value('log-prefix');
      const shown = prefix === undefined ? '' : ` prefix "${prefix.replace(/^"|"$/g, '')}"`;
      return `LOG flags 0 level ${value('log-level') ?? '4'}${shown}`;
    }
    case 'CT':
      return `CT ${given.map((option) => `${option.name} ${option.value}`.trim()).join(' ')}`;
    case 'ACCEPT':
    case 'DROP':
    case 'RETURN':
    case 'NOTRACK':
      return '';
    default:
      return target.text.slice(target.name.length).trim();
  }
}

/** mark_tg_print(): the change as and, or, xor, set where it is one of these. */
function markWords(name: string, text: string): string {
  const [valueText = '0x0', maskText = '0xffffffff'] = text.split('/');
  const [value, mask] = [Number(valueText), Number(maskText)];
  const hex = (number: number): string => `0x${(number >>> 0).toString(16)}`;
  if (value === 0) return `${name} and ${hex(~mask)}`;
  if (value === mask) return `${name} or ${hex(value)}`;
  if (mask === 0) return `${name} xor ${hex(value)}`;
  if (mask === 0xffffffff) return `${name} set ${hex(value)}`;
  return `${name} xset ${hex(value)}/${hex(mask)}`;
}
