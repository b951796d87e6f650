/**
 * How match and target extensions declare and receive their options.
 */
import type { IpFamily } from '@podwire/base';
import type { Match, TableName, Target } from './rule.ts';

/** Option name → how many arguments it takes. Aliases point at the name they stand for. */
export type OptionTable = ReadonlyMap<string, 0 | 1 | 2 | string>;

export interface GivenOption {
  readonly value: string;
  readonly second: string;
  readonly isInverted: boolean;
}

/** What an extension knows while it is built, and where its first complaint goes. */
export interface BuildContext {
  readonly family: IpFamily;
  readonly table: TableName;
  readonly chain: string;
  /** 0 = any. */
  readonly proto: number;
  readonly isProtoInverted: boolean;
  fail(text: string): void;
}

export class Options {
  readonly #given: ReadonlyMap<string, GivenOption>;

  constructor(given: ReadonlyMap<string, GivenOption>) {
    this.#given = given;
  }

  get(name: string): GivenOption | undefined {
    return this.#given.get(name);
  }

  has(name: string): boolean {
    return this.#given.has(name);
  }

  get count(): number {
    return this.#given.size;
  }
}

export interface MatchExtension {
  readonly name: string;
  readonly options: OptionTable;
  /** Error of a repeated option; the usual one names extension and option. */
  readonly repeatText?: (option: string) => string;
  build(options: Options, context: BuildContext): Match;
}

export interface TargetExtension {
  readonly name: string;
  readonly options: OptionTable;
  build(options: Options, context: BuildContext): Target;
}

/** Parses `N` or `0xN`; undefined when it is no number up to `most`. */
export function parseNumber(text: string, most = 0xffffffff): number | undefined {
  if (!/^(0x[0-9a-fA-F]+|\d+)$/.test(text)) return undefined;
  const value = Number(text);
  return value <= most ? value : undefined;
}

/** Parses `VALUE[/MASK]`, the mask all ones when absent. */
export function parseMarkMask(text: string): { value: number; mask: number } | undefined {
  const slash = text.indexOf('/');
  const value = parseNumber(slash < 0 ? text : text.slice(0, slash));
  const mask = slash < 0 ? 0xffffffff : parseNumber(text.slice(slash + 1));
  return value === undefined || mask === undefined ? undefined : { value, mask };
}

export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

const PLAIN_WORD = /^[A-Za-z0-9_-]+$/;

/** As xtables_save_string: quoted unless it is a plain word. */
export function quote(text: string): string {
  return PLAIN_WORD.test(text) ? text : `"${text.replace(/(["\\'])/g, '\\$1')}"`;
}

/** `! ` in front of an inverted option. */
export function bang(isInverted: boolean): string {
  return isInverted ? ' !' : '';
}

const SERVICES: ReadonlyMap<string, number> = new Map([
  ['ftp', 21],
  ['ssh', 22],
  ['telnet', 23],
  ['smtp', 25],
  ['domain', 53],
  ['bootps', 67],
  ['bootpc', 68],
  ['tftp', 69],
  ['http', 80],
  ['pop3', 110],
  ['ntp', 123],
  ['imap2', 143],
  ['snmp', 161],
  ['bgp', 179],
  ['https', 443],
  ['syslog', 514],
  ['imaps', 993],
  ['mysql', 3306],
  ['postgresql', 5432],
]);

export function parsePort(text: string): number | undefined {
  return parseNumber(text, 65535) ?? SERVICES.get(text);
}

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** Parses `A`, `A:B`, `:B` or `A:` as the tcp and udp matches do; complains in their words. */
export function parsePortRange(text: string, context: BuildContext): PortRange {
  const colon = text.indexOf(':');
  const first = colon < 0 ? text : text.slice(0, colon);
  const last = colon < 0 ? text : text.slice(colon + 1);
  const from = first === '' ? 0 : parsePort(first);
  const to = last === '' ? 65535 : parsePort(last);
  if (from === undefined) context.fail(`invalid port/service \`${first}' specified`);
  else if (to === undefined) context.fail(`invalid port/service \`${last}' specified`);
  else if (from > to) context.fail('invalid portrange (min > max)');
  return { from: from ?? 0, to: to ?? 0 };
}

export function formatPortRange(range: PortRange): string {
  return range.from === range.to ? `${range.from}` : `${range.from}:${range.to}`;
}

export function inRange(range: PortRange, port: number): boolean {
  return port >= range.from && port <= range.to;
}
