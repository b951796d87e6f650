/**
 * Puts parameters into a scenario: `${name}` stands for the default, or for what `--set name=value` says.
 *
 * A scalar that is nothing but `${name}` takes the parameter's type, so that a number stays one; inside a
 * text the value is written out. `$${` is a literal `${`.
 */
import { suggest } from '@podwire/base';
import type { Path, Source } from './source.ts';

type Scalar = string | number | boolean;

/** The scenario's data with all parameters put in. */
export function fillParameters(source: Source, overrides: ReadonlyMap<string, string>): unknown {
  const declared = declaredParameters(source.value);
  for (const [name, text] of overrides) {
    const value = declared.get(name);
    if (value === undefined) {
      const near = suggest(name, declared.keys());
      source.add([], {
        code: 'PW3005',
        message: `the scenario declares no parameter ${name}`,
        hint: near === undefined ? listOf(declared) : `did you mean ${near}?`,
      });
      continue;
    }
    const typed = typedAs(value, text);
    if (typed === undefined) {
      source.add(['parameters', name], {
        code: 'PW3005',
        message: `--set ${name}=${text}: the parameter is a ${typeof value}`,
      });
    } else declared.set(name, typed);
  }
  const { value } = source;
  if (!isRecord(value)) return value;
  const filler = new Filler(source, declared);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === 'parameters' ? item : filler.fill(item, [key]),
    ]),
  );
}

function declaredParameters(value: unknown): Map<string, Scalar> {
  const declared = new Map<string, Scalar>();
  const parameters = isRecord(value) ? value['parameters'] : undefined;
  if (!isRecord(parameters)) return declared;
  for (const [name, item] of Object.entries(parameters)) {
    if (typeof item === 'string' || typeof item === 'number' || typeof item === 'boolean') {
      declared.set(name, item);
    }
  }
  return declared;
}

function typedAs(example: Scalar, text: string): Scalar | undefined {
  if (typeof example === 'string') return text;
  if (typeof example === 'boolean') {
    return text === 'true' ? true : text === 'false' ? false : undefined;
  }
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined;
}

class Filler {
  readonly #source: Source;
  readonly #values: ReadonlyMap<string, Scalar>;

  constructor(source: Source, values: ReadonlyMap<string, Scalar>) {
    this.#source = source;
    this.#values = values;
  }

  fill(value: unknown, path: Path): unknown {
    if (typeof value === 'string') return value.includes('${') ? this.#text(value, path) : value;
    if (Array.isArray(value)) return value.map((item, index) => this.fill(item, [...path, index]));
    if (!isRecord(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, this.fill(item, [...path, key])]),
    );
  }

  #text(text: string, path: Path): unknown {
    const whole = /^\$\{([A-Za-z_][\w-]*)\}$/.exec(text);
    if (whole !== null) return this.#value(whole[1] ?? '', path) ?? text;
    return text.replaceAll(/\$\$\{|\$\{([A-Za-z_][\w-]*)\}/g, (all, name: string | undefined) =>
      name === undefined ? '${' : String(this.#value(name, path) ?? all),
    );
  }

  #value(name: string, path: Path): Scalar | undefined {
    const value = this.#values.get(name);
    if (value !== undefined) return value;
    const near = suggest(name, this.#values.keys());
    this.#source.add(path, {
      code: 'PW3005',
      message: `no parameter is called ${name}`,
      hint: near === undefined ? listOf(this.#values) : `did you mean \${${near}}?`,
    });
    return undefined;
  }
}

function listOf(declared: ReadonlyMap<string, Scalar>): string {
  return declared.size === 0
    ? 'the scenario has no parameters; they are declared under parameters:'
    : `there are ${[...declared.keys()].join(', ')}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
