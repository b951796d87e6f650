/**
 * getopt(3): short options of a command, with optstring, as C programs parse them.
 *
 * Options may stand behind operands (GNU order) and be joined (`-lp 80`); `--` ends them.
 */
export class Getopt {
  readonly #values = new Map<string, string[]>();
  readonly operands: string[] = [];
  /** What getopt complains of; undefined when all is well. */
  error: string | undefined = undefined;
  /** The option that the complaint is about. */
  badOption: string | undefined = undefined;

  /** `spec` as in C: `c:i` = -c takes a value, -i does not. `long` maps long names to short ones. */
  constructor(
    argv: readonly string[],
    spec: string,
    long: ReadonlyMap<string, string> = new Map(),
    stopAtOperand = false,
  ) {
    for (let index = 0; index < argv.length && this.error === undefined; index++) {
      const word = argv[index] ?? '';
      if (word === '--') {
        this.operands.push(...argv.slice(index + 1));
        break;
      }
      if (word.startsWith('--')) {
        index += this.#long(word, argv[index + 1], spec, long);
      } else if (word.startsWith('-') && word.length > 1) {
        index += this.#short(word.slice(1), argv[index + 1], spec);
      } else if (stopAtOperand) {
        this.operands.push(...argv.slice(index));
        break;
      } else {
        this.operands.push(word);
      }
    }
  }

  has(option: string): boolean {
    return this.#values.has(option);
  }

  /** The last value of an option. */
  value(option: string): string | undefined {
    return this.#values.get(option)?.at(-1);
  }

  values(option: string): readonly string[] {
    return this.#values.get(option) ?? [];
  }

  count(option: string): number {
    return this.#values.get(option)?.length ?? 0;
  }

  /** Joined short options; returns how many further words were used. */
  #short(letters: string, next: string | undefined, spec: string): number {
    for (let at = 0; at < letters.length; at++) {
      const letter = letters[at] ?? '';
      const found = spec.indexOf(letter);
      if (found < 0 || letter === ':') {
        this.badOption = letter;
        this.error = `invalid option -- '${letter}'`;
        return 0;
      }
      if (spec[found + 1] !== ':') {
        this.#add(letter, '');
        continue;
      }
      const rest = letters.slice(at + 1);
      if (rest !== '') {
        this.#add(letter, rest);
        return 0;
      }
      if (next === undefined) {
        this.badOption = letter;
        this.error = `option requires an argument -- '${letter}'`;
        return 0;
      }
      this.#add(letter, next);
      return 1;
    }
    return 0;
  }

  #long(
    word: string,
    next: string | undefined,
    spec: string,
    long: ReadonlyMap<string, string>,
  ): number {
    const equals = word.indexOf('=');
    const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
    const short = long.get(name);
    if (short === undefined) {
      this.badOption = name;
      this.error = `unrecognized option '${word}'`;
      return 0;
    }
    const takesValue = spec[spec.indexOf(short) + 1] === ':';
    if (!takesValue) {
      this.#add(short, '');
      return 0;
    }
    if (equals >= 0) {
      this.#add(short, word.slice(equals + 1));
      return 0;
    }
    if (next === undefined) {
      this.badOption = name;
      this.error = `option '${word}' requires an argument`;
      return 0;
    }
    this.#add(short, next);
    return 1;
  }

  #add(option: string, value: string): void {
    const list = this.#values.get(option);
    if (list === undefined) this.#values.set(option, [value]);
    else list.push(value);
  }
}
