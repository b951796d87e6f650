/**
 * A case: rules for the router, and packets in order. And what comes of each packet.
 */
export interface Probe {
  readonly id: number;
  readonly from: 'client' | 'router';
  readonly proto: 'udp' | 'tcp' | 'icmp';
  /** Source address of the client's; the router lets its route choose. */
  readonly src: string | undefined;
  /** Source port; the real world shifts it inside its range, so that no two runs share one. */
  readonly sport: number;
  readonly dst: string;
  readonly dport: number;
  /** A connected UDP socket sees ICMP errors, an unconnected one sees who answers. */
  readonly isConnected: boolean;
  readonly payloadBytes: number;
}

export interface RuleLine {
  readonly table: string;
  readonly chain: string;
  readonly text: string;
}

export interface Case {
  readonly seed: number;
  readonly rules: readonly RuleLine[];
  readonly policies: readonly RuleLine[];
  readonly probes: readonly Probe[];
  /** Backends are drawn at random: only the set of answers is compared. */
  readonly isRandom: boolean;
}

export interface ProbeResult {
  readonly id: number;
  /** `reply`, `timeout`, an errno name, or for ping the error's text. */
  readonly outcome: string;
  /** Who answered, as the sender sees it. */
  readonly from: string;
  /** Where it arrived and with which source, as the receiver sees it: `10.1.0.11:5000 < 10.0.0.2:4000`. */
  readonly seen: string;
}

export interface CaseResult {
  readonly probes: readonly ProbeResult[];
  /** Lines of iptables-save -c, with the tables whose counters must agree. */
  readonly counters: readonly string[];
  /** The tool refused the rules: its first line. */
  readonly refused: string | undefined;
}

/** Source ports come from one of two ranges, which rules can tell apart. */
export const PORT_RANGES: readonly (readonly [number, number])[] = [
  [20_000, 25_999],
  [26_001, 31_999],
];

/** What a receiver saw, with the sender's own port called `same`. */
export function normalSeen(seen: string, sport: number): string {
  return seen.endsWith(`:${sport}`) ? `${seen.slice(0, -`${sport}`.length)}same` : seen;
}

export const TABLES: readonly string[] = ['raw', 'mangle', 'nat', 'filter'];

/** The case as text for iptables-restore. */
export function restoreText(one: Case): string {
  const lines: string[] = [];
  for (const table of TABLES) {
    const rules = one.rules.filter((rule) => rule.table === table);
    const policies = one.policies.filter((rule) => rule.table === table);
    lines.push(`*${table}`);
    for (const policy of policies) lines.push(`:${policy.chain} ${policy.text} [0:0]`);
    const chains = new Set<string>();
    for (const rule of rules) {
      for (const name of [rule.chain, ...(/-[jg] (U\d)/.exec(rule.text)?.slice(1) ?? [])]) {
        if (/^U\d$/.test(name)) chains.add(name);
      }
    }
    for (const name of chains) lines.push(`:${name} - [0:0]`);
    for (const rule of rules)
      lines.push(`-A ${rule.chain}${rule.text === '' ? '' : ` ${rule.text}`}`);
    lines.push('COMMIT');
  }
  return `${lines.join('\n')}\n`;
}

/** Whether all counters can be compared: TCP's retransmissions and acknowledgements are its own affair. */
export function hasTcp(one: Case): boolean {
  return one.probes.some((probe) => probe.proto === 'tcp');
}

export function describeProbe(probe: Probe): string {
  const ports = probe.proto === 'icmp' ? '' : `:${probe.dport}`;
  const src = probe.proto === 'icmp' ? (probe.src ?? '*') : `${probe.src ?? '*'}:${probe.sport}`;
  const connected = probe.proto === 'udp' && probe.isConnected ? ' (connected)' : '';
  return `${probe.from} ${probe.proto} ${src} > ${probe.dst}${ports} ${probe.payloadBytes} bytes${connected}`;
}
