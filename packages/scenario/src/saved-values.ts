/**
 * Puts saved outputs into later steps: `{{name}}` in command words, conditions, faults and expectations.
 */
import type { Step } from './scenario.ts';

/** The step with every `{{name}}` of a saved value replaced; unknown names stay as they are. */
export function fillIn<T extends Step>(step: T, saved: ReadonlyMap<string, string>): T {
  return saved.size === 0 ? step : (replaceAll(step, saved) as T);
}

/** The names that a text refers to. */
export function savedNamesIn(text: string): readonly string[] {
  return [...text.matchAll(/\{\{([\w-]+)\}\}/g)].map((match) => match[1] ?? '');
}

function replaceAll(value: unknown, saved: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return replaceIn(value, saved, (text) => text);
  if (value instanceof RegExp) {
    const quoted = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return new RegExp(replaceIn(value.source, saved, quoted), value.flags);
  }
  if (Array.isArray(value)) return value.map((item: unknown) => replaceAll(item, saved));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, replaceAll(item, saved)]),
  );
}

function replaceIn(
  text: string,
  saved: ReadonlyMap<string, string>,
  write: (value: string) => string,
): string {
  return text.replaceAll(/\{\{([\w-]+)\}\}/g, (all, name: string) => {
    const value = saved.get(name);
    return value === undefined ? all : write(value);
  });
}
