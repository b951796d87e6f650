/**
 * Command-line flags by the rules and texts of spf13/pflag: long and short, `--flag=value`, `-it`, `--`.
 */
import { parseDurationNs } from '@podwire/base';

export type FlagKind = 'bool' | 'text' | 'int' | 'duration' | 'list' | 'array';

export interface FlagSpec {
  readonly name: string;
  readonly short?: string;
  /** `list` splits at commas, `array` does not; both may be given several times. */
  readonly kind: FlagKind;
  readonly fallback?: string;
  /** The value of the flag alone; then a value must be given with `=`. */
  readonly bareValue?: string;
  /** Accepted, but podwire does not do it: what to say. */
  readonly refusal?: string;
}

export function boolFlag(name: string, short?: string, fallback = 'false'): FlagSpec {
  return {
    name,
    kind: 'bool',
    fallback,
    bareValue: 'true',
    ...(short === undefined ? {} : { short }),
  };
}

export function textFlag(name: string, short?: string, fallback = ''): FlagSpec {
  return { name, kind: 'text', fallback, ...(short === undefined ? {} : { short }) };
}

export function intFlag(name: string, fallback = 0, short?: string): FlagSpec {
  const base = { name, kind: 'int', fallback: String(fallback) } as const;
  return short === undefined ? base : { ...base, short };
}

export function durationFlag(name: string, fallback = '0s'): FlagSpec {
  return { name, kind: 'duration', fallback };
}

export function listFlag(name: string, short?: string): FlagSpec {
  return { name, kind: 'list', ...(short === undefined ? {} : { short }) };
}

export function arrayFlag(name: string, short?: string): FlagSpec {
  return { name, kind: 'array', ...(short === undefined ? {} : { short }) };
}

/** The flags of one call, with the defaults of their command. */
export class Flags {
  readonly #specs = new Map<string, FlagSpec>();
  readonly #given = new Map<string, string[]>();

  constructor(specs: readonly FlagSpec[]) {
    for (const spec of specs) this.#specs.set(spec.name, spec);
  }

  give(name: string, value: string): void {
    const values = this.#given.get(name);
    if (values === undefined) this.#given.set(name, [value]);
    else values.push(value);
  }

  /** Whether the command line has it. */
  has(name: string): boolean {
    return this.#given.has(name);
  }

  text(name: string): string {
    return this.#given.get(name)?.at(-1) ?? this.#specs.get(name)?.fallback ?? '';
  }

  bool(name: string): boolean {
    return parseBool(this.text(name)) ?? false;
  }

  int(name: string): number {
    return Number(this.text(name));
  }

  /** Negative durations (`-1s`) are allowed where kubectl allows them. */
  durationNs(name: string): number {
    return parseSignedDuration(this.text(name)) ?? 0;
  }

  list(name: string): string[] {
    const values = this.#given.get(name) ?? [];
    if (this.#specs.get(name)?.kind !== 'list') return [...values];
    return values.flatMap((value) => (value === '' ? [] : value.split(',')));
  }

  /** The flags that the command line has, in its order. */
  givenNames(): string[] {
    return [...this.#given.keys()];
  }
}

export interface ParsedFlags {
  readonly flags: Flags;
  /** What is no flag, `--` left out. */
  readonly args: readonly string[];
  /** How many of `args` stand before `--`; undefined without one. */
  readonly dashAt: number | undefined;
}

/** A string is pflag's error text. */
export function parseFlags(
  specs: readonly FlagSpec[],
  argv: readonly string[],
  /** After so many arguments no flags come any more (pflag SetInterspersed). */
  argsMax?: number,
): ParsedFlags | string {
  const byName = new Map<string, FlagSpec>();
  const byShort = new Map<string, FlagSpec>();
  for (const spec of specs) {
    byName.set(spec.name, spec);
    if (spec.short !== undefined) byShort.set(spec.short, spec);
  }
  const flags = new Flags(specs);
  const args: string[] = [];
  let dashAt: number | undefined;
  let index = 0;
  while (index < argv.length) {
    const word = argv[index] ?? '';
    index++;
    if (word === '--') {
      dashAt = args.length;
      args.push(...argv.slice(index));
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      args.push(word);
      if (args.length !== argsMax) continue;
      const rest = argv.slice(index);
      args.push(...(rest[0] === '--' ? rest.slice(1) : rest));
      break;
    }
    const problem = word.startsWith('--') ? parseLong(word) : parseShort(word);
    if (problem !== undefined) return problem;
  }
  return { flags, args, dashAt };

  function parseLong(word: string): string | undefined {
    const equals = word.indexOf('=');
    const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
    if (name === '' || name.startsWith('-') || name.startsWith('=')) {
      return `bad flag syntax: ${word}`;
    }
    const spec = byName.get(name);
    if (spec === undefined) return name === 'help' ? 'help' : `unknown flag: --${name}`;
    if (equals >= 0) return set(spec, word.slice(equals + 1));
    if (spec.bareValue !== undefined) return set(spec, spec.bareValue);
    const value = argv[index];
    if (value === undefined) return `flag needs an argument: --${name}`;
    index++;
    return set(spec, value);
  }

  function parseShort(word: string): string | undefined {
    let rest = word.slice(1);
    while (rest !== '') {
      const letter = rest[0] ?? '';
      const spec = byShort.get(letter);
      if (spec === undefined) {
        return letter === 'h' ? 'help' : `unknown shorthand flag: '${letter}' in ${word}`;
      }
      if (rest[1] === '=' && rest.length > 2) return set(spec, rest.slice(2));
      if (spec.bareValue !== undefined) {
        const problem = set(spec, spec.bareValue);
        if (problem !== undefined) return problem;
        rest = rest.slice(1);
        continue;
      }
      if (rest.length > 1) return set(spec, rest.slice(1));
      const value = argv[index];
      if (value === undefined) return `flag needs an argument: '${letter}' in ${word}`;
      index++;
      return set(spec, value);
    }
    return undefined;
  }

  function set(spec: FlagSpec, value: string): string | undefined {
    const why = valueProblem(spec, value);
    if (why !== undefined) {
      const label = spec.short === undefined ? `--${spec.name}` : `-${spec.short}, --${spec.name}`;
      return `invalid argument ${JSON.stringify(value)} for ${JSON.stringify(label)} flag: ${why}`;
    }
    flags.give(spec.name, value);
    return undefined;
  }
}

function valueProblem(spec: FlagSpec, value: string): string | undefined {
  const quoted = JSON.stringify(value);
  switch (spec.kind) {
    case 'bool':
      return parseBool(value) === undefined
        ? `strconv.ParseBool: parsing ${quoted}: invalid syntax`
        : undefined;
    case 'int':
      return /^[+-]?\d+$/.test(value)
        ? undefined
        : `strconv.ParseInt: parsing ${quoted}: invalid syntax`;
    case 'duration':
      if (parseSignedDuration(value) !== undefined) return undefined;
      return /^[+-]?\d+(\.\d*)?$/.test(value)
        ? `time: missing unit in duration ${quoted}`
        : `time: invalid duration ${quoted}`;
    case 'text':
    case 'list':
    case 'array':
      return undefined;
  }
}

/** Go's strconv.ParseBool. */
export function parseBool(text: string): boolean | undefined {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true;
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text)) return false;
  return undefined;
}

function parseSignedDuration(text: string): number | undefined {
  const isNegative = text.startsWith('-');
  const ns = parseDurationNs(isNegative || text.startsWith('+') ? text.slice(1) : text);
  return ns === undefined ? undefined : isNegative ? -ns : ns;
}
