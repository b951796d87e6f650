/**
 * Reads the words of one rule (`-s 10.0.0.0/8 -p tcp --dport 80 -j DNAT …`) into rules.
 *
 * One line gives several rules when `-s` or `-d` list addresses. Errors have the words of iptables 1.8.9;
 * the first one wins. A protocol's own match is loaded when one of its options is met, as the real
 * parser does it.
 */
import {
  type Cidr,
  type IpFamily,
  assert,
  formatIp,
  ipv4Mask,
  isIpv4,
  network,
  parseCidr,
  parseIp,
} from '@podwire/base';
import { MATCH_EXTENSIONS } from './matches/index.ts';
import {
  type BuildContext,
  type GivenOption,
  type MatchExtension,
  Options,
  type OptionTable,
  type TargetExtension,
  parseNumber,
} from './options.ts';
import type { AddressTest, InterfaceTest, Match, Rule, TableName, Target } from './rule.ts';
import { TARGET_EXTENSIONS } from './targets/index.ts';

/** `kind` says how the tools word it: a parameter problem, or the kernel's refusal of the rule. */
export interface RuleError {
  readonly kind: 'parameter' | 'kernel' | 'usage';
  readonly text: string;
}

export interface ParseWhere {
  readonly family: IpFamily;
  readonly table: TableName;
  readonly chain: string;
  /** Whether a word after -j or -g is a user-defined chain of the table. */
  isChain(name: string): boolean;
}

export interface ParsedRule {
  readonly rules: readonly Rule[];
  /** `-c packets bytes`. */
  readonly packets: number;
  readonly bytes: number;
}

export function parseRule(words: readonly string[], where: ParseWhere): ParsedRule | RuleError {
  const parser = new RuleParser(words, where);
  return parser.parse();
}

const PROTOCOLS: readonly (readonly [string, number])[] = [
  ['all', 0],
  ['icmp', 1],
  ['igmp', 2],
  ['ipencap', 4],
  ['tcp', 6],
  ['udp', 17],
  ['dccp', 33],
  ['ipv6', 41],
  ['gre', 47],
  ['esp', 50],
  ['ah', 51],
  ['ipv6-icmp', 58],
  ['ospf', 89],
  ['pim', 103],
  ['sctp', 132],
  ['udplite', 136],
];
const PROTOCOL_NUMBER: ReadonlyMap<string, number> = new Map([
  ...PROTOCOLS,
  ['icmpv6', 58],
  ['ipip', 4],
]);
const PROTOCOL_NAME: ReadonlyMap<number, string> = new Map(
  PROTOCOLS.map(([name, number]) => [number, name]),
);

/** Short and long names of the options that belong to no extension. */
const HEAD_OPTIONS: ReadonlyMap<string, string> = new Map([
  ['-s', 's'],
  ['--src', 's'],
  ['--source', 's'],
  ['-d', 'd'],
  ['--dst', 'd'],
  ['--destination', 'd'],
  ['-i', 'i'],
  ['--in-interface', 'i'],
  ['-o', 'o'],
  ['--out-interface', 'o'],
  ['-p', 'p'],
  ['--proto', 'p'],
  ['--protocol', 'p'],
  ['-f', 'f'],
  ['--fragment', 'f'],
  ['-m', 'm'],
  ['--match', 'm'],
  ['-j', 'j'],
  ['--jump', 'j'],
  ['-g', 'g'],
  ['--goto', 'g'],
  ['-c', 'c'],
  ['--set-counters', 'c'],
]);
const MAX_INTERFACE_NAME = 15;

interface LoadedMatch {
  readonly extension: MatchExtension;
  readonly given: Map<string, GivenOption>;
}

class RuleParser {
  readonly #words: readonly string[];
  readonly #where: ParseWhere;
  #at = 0;
  #error: RuleError | undefined;
  #sources: AddressTest[] = [];
  #destinations: AddressTest[] = [];
  #in: InterfaceTest | undefined;
  #out: InterfaceTest | undefined;
  #proto = 0;
  #protoName = '';
  #isProtoInverted = false;
  #fragment: 'any' | 'later' | 'first' = 'any';
  readonly #matches: LoadedMatch[] = [];
  #target: { extension: TargetExtension; given: Map<string, GivenOption> } | undefined;
  #jumpTo: string | undefined;
  #isGoto = false;
  #counters: [number, number] = [0, 0];
  readonly #seen: Set<string> = new Set();

  constructor(words: readonly string[], where: ParseWhere) {
    this.#words = words;
    this.#where = where;
  }

  parse(): ParsedRule | RuleError {
    while (this.#at < this.#words.length && this.#error === undefined) this.#option();
    const rules = this.#error === undefined ? this.#build() : [];
    if (this.#error !== undefined) return this.#error;
    return { rules, packets: this.#counters[0], bytes: this.#counters[1] };
  }

  #fail(text: string, kind: RuleError['kind'] = 'parameter'): void {
    this.#error ??= { kind, text };
  }

  #option(): void {
    let word = this.#words[this.#at++] ?? '';
    let isInverted = false;
    if (word === '!') {
      isInverted = true;
      word = this.#words[this.#at++] ?? '';
    }
    const equals = word.startsWith('--') ? word.indexOf('=') : -1;
    const name = equals < 0 ? word : word.slice(0, equals);
    const inline = equals < 0 ? undefined : word.slice(equals + 1);
    if (!name.startsWith('-') || name === '-') {
      this.#fail(`Bad argument \`${word}'`, 'usage');
      return;
    }
    const head = HEAD_OPTIONS.get(name);
    if (head !== undefined) this.#headOption(head, name, inline, isInverted);
    else if (!this.#extensionOption(name.replace(/^--?/, ''), inline, isInverted)) {
      this.#fail(`unknown option "${name}"`);
    }
  }

  #argument(name: string, inline: string | undefined): string {
    if (inline !== undefined) return inline;
    const value = this.#words[this.#at++];
    if (value === undefined) this.#fail(`option "${name}" requires an argument`);
    return value ?? '';
  }

  #headOption(option: string, name: string, inline: string | undefined, isInverted: boolean): void {
    if (option !== 'm' && this.#seen.has(option)) {
      this.#fail(`multiple -${option} flags not allowed`);
      return;
    }
    this.#seen.add(option);
    if (option === 'f') {
      this.#fragment = isInverted ? 'first' : 'later';
      return;
    }
    const value = this.#argument(name, inline);
    if (this.#error !== undefined) return;
    switch (option) {
      case 's':
        this.#sources = this.#addresses(value, isInverted, '-s');
        return;
      case 'd':
        this.#destinations = this.#addresses(value, isInverted, '-d');
        return;
      case 'i':
        this.#in = this.#interface(value, isInverted, '-i', ['POSTROUTING', 'OUTPUT']);
        return;
      case 'o':
        this.#out = this.#interface(value, isInverted, '-o', ['PREROUTING', 'INPUT']);
        return;
      case 'p':
        this.#protocol(value, isInverted);
        return;
      case 'm':
        this.#loadMatch(value);
        return;
      case 'c':
        this.#setCounters(value);
        return;
      case 'j':
      case 'g':
        this.#jump(value, option === 'g');
        return;
      default:
        assert(false, 'every head option is handled');
    }
  }

  #addresses(text: string, isInverted: boolean, option: string): AddressTest[] {
    const parts = text.split(',');
    if (isInverted && parts.length > 1) {
      this.#fail('! not allowed with multiple source or destination IP addresses');
    }
    const tests: AddressTest[] = [];
    for (const part of parts) {
      const parsed = parseAddress(part, this.#where.family);
      if (typeof parsed === 'string') this.#fail(parsed);
      else {
        const shown = formatNetwork(parsed.network, parsed.mask);
        if (parsed.mask === 0 && parsed.network.prefixLen === 0 && isInverted) {
          this.#fail('RULE_APPEND failed (Invalid argument)', 'kernel');
        }
        const isAny = parsed.mask === 0 && isIpv4(parsed.network.ip) && !isInverted;
        const text_ = isAny ? '' : `${isInverted ? '! ' : ''}${option} ${shown}`;
        tests.push({ ...parsed, isInverted, text: text_ });
      }
    }
    return tests;
  }

  #interface(
    name: string,
    isInverted: boolean,
    option: string,
    notIn: readonly string[],
  ): InterfaceTest | undefined {
    if (name.length > MAX_INTERFACE_NAME) {
      this.#fail(`interface name \`${name}' must be shorter than IFNAMSIZ (${MAX_INTERFACE_NAME})`);
    }
    if (notIn.includes(this.#where.chain)) {
      this.#fail(`Can't use ${option} with ${this.#where.chain}\n`);
    }
    const isPrefix = name.endsWith('+');
    return {
      name: isPrefix ? name.slice(0, -1) : name,
      isPrefix,
      isInverted,
      text: name === '+' && !isInverted ? '' : `${isInverted ? '! ' : ''}${option} ${name}`,
    };
  }

  #protocol(text: string, isInverted: boolean): void {
    const name = text.toLowerCase();
    const number = PROTOCOL_NUMBER.get(name) ?? parseNumber(name, 255);
    if (number === undefined) {
      this.#fail(`unknown protocol "${text}" specified`);
      return;
    }
    if (number === 0 && isInverted) this.#fail('rule would never match protocol');
    this.#proto = number;
    this.#protoName = PROTOCOL_NAME.get(number) ?? `${number}`;
    this.#isProtoInverted = isInverted;
  }

  #setCounters(packets: string): void {
    const bytes = this.#words[this.#at++];
    if (bytes === undefined) this.#fail('-c requires packet and byte counter');
    this.#counters = [Number(packets), Number(bytes ?? 0)];
  }

  #loadMatch(name: string): void {
    const extension = MATCH_EXTENSIONS.get(name);
    if (name === 'set') {
      // There are no ip sets, so every set that a rule names is missing.
      const at = this.#words.indexOf('--match-set');
      this.#fail(`Set ${this.#words[at + 1] ?? ''} doesn't exist.\n`);
    } else if (extension === undefined) {
      this.#fail(`Couldn't load match \`${name}':No such file or directory\n`);
    } else this.#matches.push({ extension, given: new Map() });
  }

  #jump(name: string, isGoto: boolean): void {
    this.#isGoto = isGoto;
    const extension = isGoto ? undefined : TARGET_EXTENSIONS.get(name);
    if (extension !== undefined && !this.#where.isChain(name)) {
      this.#target = { extension, given: new Map() };
    } else this.#jumpTo = name;
  }

  /** An option of the target or of a loaded match, the latest first; then of the protocol's own match. */
  #extensionOption(name: string, inline: string | undefined, isInverted: boolean): boolean {
    const target = this.#target;
    if (target !== undefined) {
      const found = resolve(target.extension.options, name);
      if (found !== undefined) {
        this.#take(target.given, target.extension, found, inline, isInverted, name);
        return true;
      }
    }
    for (const loaded of [...this.#matches].reverse()) {
      const found = resolve(loaded.extension.options, name);
      if (found === undefined) continue;
      this.#take(loaded.given, loaded.extension, found, inline, isInverted, name);
      return true;
    }
    return this.#protocolOption(name, inline, isInverted);
  }

  #protocolOption(name: string, inline: string | undefined, isInverted: boolean): boolean {
    const extension = this.#proto === 0 ? undefined : MATCH_EXTENSIONS.get(this.#protoName);
    if (extension === undefined || this.#matches.some((one) => one.extension === extension)) {
      return false;
    }
    const found = resolve(extension.options, name);
    if (found === undefined) return false;
    const loaded: LoadedMatch = { extension, given: new Map() };
    this.#matches.push(loaded);
    this.#take(loaded.given, extension, found, inline, isInverted, name);
    return true;
  }

  #take(
    given: Map<string, GivenOption>,
    extension: MatchExtension | TargetExtension,
    found: { name: string; count: number },
    inline: string | undefined,
    isInverted: boolean,
    spelled: string,
  ): void {
    if (given.has(found.name)) {
      const own = 'repeatText' in extension ? extension.repeatText?.(found.name) : undefined;
      this.#fail(own ?? `${extension.name}: option "--${found.name}" can only be used once.\n`);
      return;
    }
    const value = found.count === 0 ? '' : this.#argument(`--${spelled}`, inline);
    const second = found.count === 2 ? this.#argument(`--${spelled}`, undefined) : '';
    given.set(found.name, { value, second, isInverted });
  }

  #build(): Rule[] {
    const where = this.#where;
    const context: BuildContext = {
      family: where.family,
      table: where.table,
      chain: where.chain,
      proto: this.#proto,
      isProtoInverted: this.#isProtoInverted,
      fail: (text) => {
        const isKernel = text.startsWith('RULE_APPEND');
        this.#fail(text, isKernel ? 'kernel' : 'parameter');
      },
    };
    const matches = this.#matches.map(({ extension, given }) =>
      this.#buildMatch(extension, given, context),
    );
    const target = this.#target?.extension.build(new Options(this.#target.given), context);
    const sources = this.#sources.length === 0 ? [undefined] : this.#sources;
    const destinations = this.#destinations.length === 0 ? [undefined] : this.#destinations;
    return sources.flatMap((src) =>
      destinations.map((dst) => this.#rule(src, dst, matches, target)),
    );
  }

  #buildMatch(
    extension: MatchExtension,
    given: ReadonlyMap<string, GivenOption>,
    context: BuildContext,
  ): Match {
    const isProtocol = ['tcp', 'udp', 'icmp', 'sctp'].includes(extension.name);
    const number = PROTOCOL_NUMBER.get(extension.name);
    if (isProtocol && (context.proto !== number || context.isProtoInverted)) {
      context.fail('RULE_APPEND failed (Invalid argument)');
    }
    return extension.build(new Options(given), context);
  }

  #rule(
    src: AddressTest | undefined,
    dst: AddressTest | undefined,
    matches: readonly Match[],
    target: Target | undefined,
  ): Rule {
    const proto =
      this.#proto === 0 ? '' : `${this.#isProtoInverted ? '! ' : ''}-p ${this.#protoName}`;
    const fragment = { any: '', later: '-f', first: '! -f' }[this.#fragment];
    const goal =
      target !== undefined
        ? `-j ${target.text}`
        : this.#jumpTo === undefined
          ? ''
          : `${this.#isGoto ? '-g' : '-j'} ${this.#jumpTo}`;
    const texts = [
      src?.text ?? '',
      dst?.text ?? '',
      this.#in?.text ?? '',
      this.#out?.text ?? '',
      proto,
      fragment,
      ...matches.map((match) => `-m ${match.name}${match.text}`),
      goal,
    ];
    return {
      src: src?.text === '' ? undefined : src,
      dst: dst?.text === '' ? undefined : dst,
      inInterface: this.#in?.text === '' ? undefined : this.#in,
      outInterface: this.#out?.text === '' ? undefined : this.#out,
      proto: this.#proto,
      isProtoInverted: this.#isProtoInverted,
      fragment: this.#fragment,
      matches,
      target,
      jumpTo: this.#jumpTo,
      isGoto: this.#isGoto,
      needsConntrack:
        matches.some((match) => match.needsConntrack === true) || target?.needsConntrack === true,
      text: texts.filter((text) => text !== '').join(' '),
    };
  }
}

function resolve(options: OptionTable, name: string): { name: string; count: number } | undefined {
  const found = options.get(name);
  if (typeof found === 'string') {
    const count = options.get(found);
    return { name: found, count: typeof count === 'number' ? count : 1 };
  }
  return found === undefined ? undefined : { name, count: found };
}

/** `A`, `A/24`, `A/255.0.255.0`; or the error. */
function parseAddress(text: string, family: IpFamily): { network: Cidr; mask: number } | string {
  const slash = text.indexOf('/');
  const host = slash < 0 ? text : text.slice(0, slash);
  // `10/8` stands for 10.0.0.0/8.
  const isShort = slash >= 0 && /^\d+(\.\d+){0,2}$/.test(host);
  const full = isShort ? [...host.split('.'), '0', '0', '0'].slice(0, 4).join('.') : host;
  const ip = parseIp(full);
  if (ip === undefined || isIpv4(ip) !== (family === 4)) {
    return `host/network \`${host}' not found`;
  }
  const maskText = slash < 0 ? undefined : text.slice(slash + 1);
  const dotted = maskText?.includes('.') === true ? parseIp(maskText) : undefined;
  if (dotted !== undefined) {
    const prefixLen = Math.clz32(~dotted);
    return { network: { ip: (ip & dotted) >>> 0, prefixLen }, mask: dotted };
  }
  const parsed = parseCidr(`${full}/${maskText ?? (family === 4 ? 32 : 128)}`);
  if (parsed === undefined) return `invalid mask \`${maskText ?? ''}' specified`;
  return {
    network: { ip: network(parsed), prefixLen: parsed.prefixLen },
    mask: family === 4 ? ipv4Mask(parsed.prefixLen) : 0,
  };
}

function formatNetwork(of: Cidr, mask: number): string {
  const isPrefix = !isIpv4(of.ip) || mask === ipv4Mask(of.prefixLen);
  return `${formatIp(of.ip)}/${isPrefix ? `${of.prefixLen}` : formatIp(mask)}`;
}
