/**
 * What a macro-benchmark is: a name, parameters, and a task that is built first and measured then.
 *
 * Measured by ../src/run-workload.ts; the list of all is index.ts.
 */

/** A number, or text where the default is text. */
export interface Parameter {
  readonly name: string;
  readonly what: string;
  readonly default: number | string;
  /** Of a text: all that it can be. */
  readonly choices?: readonly string[];
  /** Of a number; default 1 and 10^9. */
  readonly min?: number;
  readonly max?: number;
  /** The value of a smoke run, which only shows that everything works. */
  readonly smoke?: number | string;
}

/** The user's mistake, and what to write instead: a name that is none (PW4101), or a bad value (PW4102). */
export class ParameterError extends Error {
  readonly hint: string;
  readonly code: 'PW4101' | 'PW4102';

  constructor(message: string, hint: string, code: 'PW4101' | 'PW4102' = 'PW4102') {
    super(message);
    this.hint = hint;
    this.code = code;
  }
}

/** What one measured round did. */
export interface Outcome {
  /** Counts of what was done, and what was seen on the way, by name. */
  readonly work: Readonly<Record<string, number>>;
  /** The entry of `work` that makes the rate. */
  readonly counted: string;
  /** Equal for equal parameters, on any machine and in any round. */
  readonly digest: string;
  /** CPU time where it was not this process's: that of the processes that did the work. */
  readonly cpuSeconds?: number;
  /** Wall time, where the task did more than what is measured. */
  readonly wallSeconds?: number;
  /** CPU time of each worker thread, where the work was spread over threads. */
  readonly threadCpuSeconds?: readonly number[];
  /** The greatest of those processes. */
  readonly peakRssBytes?: number;
}

/** Does the work; all that may be left out of the measurement has been done before. */
export type Task = () => Outcome | Promise<Outcome>;

export interface Workload {
  readonly name: string;
  readonly what: string;
  readonly parameters: readonly Parameter[];
  /** The parameters that `npm run bench` runs; those that are not named have their default. */
  readonly variants: readonly Readonly<Record<string, number | string>>[];
  /** Rounds without being told how many; a workload that measures other processes needs only one. */
  readonly rounds: number;
  /**
   * Rounds before them that do not count: code gets compiled, shapes settle. At least so many, and until a
   * second and a half of CPU time is spent; 0: none.
   */
  readonly warmUps: number;
  prepare(values: ParameterValues): Task;
}

/** The parameters of a run, all of them, by name. */
export class ParameterValues {
  readonly #values: ReadonlyMap<string, number | string>;

  constructor(values: ReadonlyMap<string, number | string>) {
    this.#values = values;
  }

  /** What is given, and the workload's defaults for the rest. */
  static of(
    { parameters }: Pick<Workload, 'parameters'>,
    given: Readonly<Record<string, number | string>> = {},
  ): ParameterValues {
    return new ParameterValues(
      new Map(parameters.map(({ name, default: usual }) => [name, given[name] ?? usual])),
    );
  }

  number(name: string): number {
    const value = this.#values.get(name);
    if (typeof value !== 'number') throw new Error(`parameter ${name} is a number`);
    return value;
  }

  text(name: string): string {
    const value = this.#values.get(name);
    if (typeof value !== 'string') throw new Error(`parameter ${name} is text`);
    return value;
  }

  toJSON(): Readonly<Record<string, number | string>> {
    return Object.fromEntries(this.#values);
  }
}
