/**
 * One value of a scenario together with its place: how the parser looks into data that may be wrong.
 *
 * What has not the type that is asked for reads as absent: the schema has told about it by then, and the
 * parser goes on to find what else is wrong.
 */
import { parseDurationNs } from '@podwire/base';
import type { Finding, Path, Source } from './source.ts';

export class Field {
  readonly source: Source;
  readonly path: Path;
  readonly value: unknown;

  constructor(source: Source, path: Path, value: unknown) {
    this.source = source;
    this.path = path;
    this.value = value;
  }

  get(key: string): Field {
    const value =
      isRecord(this.value) && Object.hasOwn(this.value, key) ? this.value[key] : undefined;
    return new Field(this.source, [...this.path, key], value);
  }

  has(key: string): boolean {
    return isRecord(this.value) && Object.hasOwn(this.value, key);
  }

  get exists(): boolean {
    return this.value !== undefined;
  }

  get isText(): boolean {
    return typeof this.value === 'string';
  }

  get isMap(): boolean {
    return isRecord(this.value);
  }

  get items(): readonly Field[] {
    if (!Array.isArray(this.value)) return [];
    return this.value.map((item, index) => new Field(this.source, [...this.path, index], item));
  }

  get entries(): readonly (readonly [string, Field])[] {
    if (!isRecord(this.value)) return [];
    return Object.keys(this.value).map((key) => [key, this.get(key)]);
  }

  get text(): string | undefined {
    return typeof this.value === 'string' ? this.value : undefined;
  }

  /** A text, or a number or truth value written as one. */
  get anyText(): string | undefined {
    const { value } = this;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    return this.text;
  }

  get number(): number | undefined {
    return typeof this.value === 'number' && Number.isFinite(this.value) ? this.value : undefined;
  }

  get textOrNumber(): string | number | undefined {
    return this.number ?? this.text;
  }

  get boolean(): boolean | undefined {
    return typeof this.value === 'boolean' ? this.value : undefined;
  }

  /** One text or a list of them. */
  get texts(): readonly Field[] {
    return this.isText ? [this] : this.items.filter((item) => item.isText);
  }

  get durationNs(): number | undefined {
    return this.text === undefined ? undefined : parseDurationNs(this.text);
  }

  add(finding: Finding): void {
    this.source.add(this.path, finding);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value, when it is one of these texts. */
export function oneOf<T extends string>(field: Field, values: readonly T[]): T | undefined {
  return values.find((value) => value === field.value);
}

/** Leaves out what is undefined: exact optional properties. */
export function compact<T extends object>(value: { [K in keyof T]?: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T;
}
