/**
 * Expands a shell word: quotes, variables, command substitution, arithmetic, field splitting.
 */
import type { Proc } from '@podwire/engine';
import { bracketEnd } from './parse.ts';

/** What expansion needs of the running shell. */
export interface ExpandEnv {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
  /** Runs a command substitution; its output without trailing newlines. */
  substitute(script: string): Proc<string>;
}

/** The fields of a word: none, one or more. */
export function* expandWord(env: ExpandEnv, word: string): Proc<string[]> {
  const fields: string[] = [];
  let field = '';
  let hasField = false;
  let at = 0;
  const split = (text: string): void => {
    const parts = text.split(/[ \t\n]+/);
    parts.forEach((part, index) => {
      if (index > 0 && hasField) {
        fields.push(field);
        field = '';
        hasField = false;
      }
      if (part === '') return;
      field += part;
      hasField = true;
    });
  };
  while (at < word.length) {
    const char = word[at] ?? '';
    if (char === '\\') {
      field += word[at + 1] ?? '';
      hasField = true;
      at += 2;
    } else if (char === "'") {
      const close = word.indexOf("'", at + 1);
      field += word.slice(at + 1, close);
      hasField = true;
      at = close + 1;
    } else if (char === '"') {
      const quoted = yield* expandQuoted(env, word, at + 1);
      field += quoted.text;
      hasField = true;
      at = quoted.end;
    } else if (char === '$' || char === '`') {
      const value = yield* expandDollar(env, word, at);
      if (value.isLiteral) {
        field += value.text;
        hasField = true;
      } else {
        split(value.text);
      }
      at = value.end;
    } else {
      field += char;
      hasField = true;
      at++;
    }
  }
  if (hasField) fields.push(field);
  return fields;
}

/** A word as one text: assignments, file names. */
export function* expandText(env: ExpandEnv, word: string): Proc<string> {
  return (yield* expandWord(env, word)).join(' ');
}

function* expandQuoted(
  env: ExpandEnv,
  word: string,
  start: number,
): Proc<{ text: string; end: number }> {
  let text = '';
  let at = start;
  while (at < word.length && word[at] !== '"') {
    const char = word[at] ?? '';
    if (char === '\\') {
      const next = word[at + 1] ?? '';
      text += '$`"\\'.includes(next) ? next : next === '\n' ? '' : `\\${next}`;
      at += 2;
    } else if (char === '$' || char === '`') {
      const value = yield* expandDollar(env, word, at);
      text += value.text;
      at = value.end;
    } else {
      text += char;
      at++;
    }
  }
  return { text, end: at + 1 };
}

interface Expansion {
  readonly text: string;
  readonly end: number;
  /** A dollar sign that means itself. */
  readonly isLiteral: boolean;
}

function* expandDollar(env: ExpandEnv, word: string, at: number): Proc<Expansion> {
  if (word[at] === '`') {
    const close = word.indexOf('`', at + 1);
    const text = yield* env.substitute(word.slice(at + 1, close));
    return { text, end: close + 1, isLiteral: false };
  }
  if (word.startsWith('$((', at)) {
    const end = bracketEnd(word, at + 1);
    const text = String(arithmetic(env, word.slice(at + 3, end - 2)));
    return { text, end, isLiteral: false };
  }
  if (word[at + 1] === '(') {
    const end = bracketEnd(word, at + 1);
    const text = yield* env.substitute(word.slice(at + 2, end - 1));
    return { text, end, isLiteral: false };
  }
  if (word[at + 1] === '{') {
    const end = bracketEnd(word, at + 1);
    const text = yield* expandParameter(env, word.slice(at + 2, end - 1));
    return { text, end, isLiteral: false };
  }
  const name = /^(?:[A-Za-z_][A-Za-z0-9_]*|[0-9?$#@*!])/.exec(word.slice(at + 1))?.[0];
  if (name === undefined) return { text: '$', end: at + 1, isLiteral: true };
  return { text: env.get(name) ?? '', end: at + 1 + name.length, isLiteral: false };
}

/** `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:=default}`, `${NAME:+other}`, `${#NAME}`. */
function* expandParameter(env: ExpandEnv, inside: string): Proc<string> {
  if (inside.startsWith('#')) return String((env.get(inside.slice(1)) ?? '').length);
  const match = /^([A-Za-z_][A-Za-z0-9_]*|[0-9?$#@*!])(?:(:?[-=+])([\s\S]*))?$/.exec(inside);
  const name = match?.[1] ?? '';
  const operator = match?.[2] ?? '';
  const value = env.get(name);
  const isUnset = value === undefined || (operator.startsWith(':') && value === '');
  if (operator.endsWith('+')) return isUnset ? '' : yield* expandText(env, match?.[3] ?? '');
  if (operator === '' || !isUnset) return value ?? '';
  const text = yield* expandText(env, match?.[3] ?? '');
  if (operator.endsWith('=')) env.set(name, text);
  return text;
}

/** Integer arithmetic with + - * / % and parentheses. */
function arithmetic(env: ExpandEnv, text: string): number {
  const tokens = text.match(/\d+|\$?[A-Za-z_][A-Za-z0-9_]*|[-+*/%()]/g) ?? [];
  let at = 0;
  const primary = (): number => {
    const token = tokens[at++] ?? '0';
    if (token === '(') {
      const value = sum();
      at++;
      return value;
    }
    if (token === '-') return -primary();
    if (/^\d/.test(token)) return Number(token);
    return Number(env.get(token.replace('$', '')) ?? '0') || 0;
  };
  const product = (): number => {
    let value = primary();
    while (/^[*/%]$/.test(tokens[at] ?? '')) {
      const operator = tokens[at++];
      const right = primary();
      if (operator === '*') value *= right;
      else if (right === 0) value = 0;
      else value = operator === '/' ? Math.trunc(value / right) : value % right;
    }
    return value;
  };
  const sum = (): number => {
    let value = product();
    while (/^[-+]$/.test(tokens[at] ?? '')) value += tokens[at++] === '+' ? product() : -product();
    return value;
  };
  return sum();
}
