/**
 * Flags as Go programs take them: `--name=value`, `--name value`, `-name`, booleans without a value.
 */
export interface Flags {
  get(name: string): string | undefined;
  readonly args: readonly string[];
}

/** Parses against known flags with their defaults; a text tells what is wrong. */
export function parseGoFlags(
  argv: readonly string[],
  defaults: ReadonlyMap<string, string>,
): Flags | string {
  const values = new Map(defaults);
  const args: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? '';
    const match = /^--?([A-Za-z][\w-]*)(?:=([\s\S]*))?$/.exec(word);
    if (match === null) {
      args.push(word);
      continue;
    }
    const name = match[1] ?? '';
    const known = defaults.get(name);
    if (known === undefined) return `unknown flag: --${name}`;
    if (match[2] !== undefined) values.set(name, match[2]);
    else if (known === 'true' || known === 'false') values.set(name, 'true');
    else {
      const value = argv[++index];
      if (value === undefined) return `flag needs an argument: --${name}`;
      values.set(name, value);
    }
  }
  return { get: (name) => values.get(name), args };
}
