/**
 * YAML as kubectl prints it: sigs.k8s.io/yaml, that is JSON data through the goyaml v2 emitter.
 *
 * Keys are sorted with numbers in numeric order, lists are not indented below their key, lines are not folded.
 */
import { GO_EXPONENT, GO_FLOAT } from '@podwire/api';
import { type Json, isRecord } from './json-value.ts';

/** The document, ending in a newline. */
export function emitYaml(value: Json): string {
  if (isRecord(value) && Object.keys(value).length > 0) return emitMap(value, 0).join('');
  if (Array.isArray(value) && value.length > 0) return emitList(value as Json[], 0).join('');
  return `${emitInline(value, 0)}\n`;
}

function emitMap(map: Record<string, Json>, depth: number): string[] {
  const lines: string[] = [];
  const pad = '  '.repeat(depth);
  const keys = Object.keys(map)
    .filter((key) => map[key] !== undefined)
    .sort(compareKeys);
  for (const key of keys) {
    const value = map[key];
    const name = scalarText(key, depth);
    if (isRecord(value) && hasMembers(value)) {
      lines.push(`${pad}${name}:\n`, ...emitMap(value, depth + 1));
    } else if (Array.isArray(value) && value.length > 0) {
      lines.push(`${pad}${name}:\n`, ...emitList(value as Json[], depth));
    } else {
      lines.push(`${pad}${name}: ${emitInline(value, depth + 1)}\n`);
    }
  }
  return lines;
}

function emitList(list: readonly Json[], depth: number): string[] {
  const lines: string[] = [];
  const pad = '  '.repeat(depth);
  for (const item of list) {
    let nested: string[];
    if (isRecord(item) && hasMembers(item)) nested = emitMap(item, depth + 1);
    else if (Array.isArray(item) && item.length > 0) nested = emitList(item as Json[], depth + 1);
    else nested = [`${pad}  ${emitInline(item, depth + 1)}\n`];
    const first = nested[0] ?? '';
    lines.push(`${pad}- ${first.slice(pad.length + 2)}`, ...nested.slice(1));
  }
  return lines;
}

function hasMembers(map: Record<string, Json>): boolean {
  return Object.values(map).some((value) => value !== undefined);
}

function emitInline(value: Json, depth: number): string {
  if (typeof value === 'string') return scalarText(value, depth);
  if (Array.isArray(value)) return '[]';
  if (isRecord(value)) return '{}';
  if (typeof value === 'number') return numberText(value);
  return value === true ? 'true' : value === false ? 'false' : 'null';
}

function numberText(value: number): string {
  const text = String(value);
  return Number.isInteger(value) ? text : text.replace(/e([+-])(\d)$/, 'e$10$2');
}

/** Text that the YAML 1.1 resolver of goyaml would read as something else than a string. */
const RESOLVES: readonly RegExp[] = [
  /^$|^~$|^null$|^Null$|^NULL$|^<<$/,
  /^(y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON|n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/,
  /^[-+]?(\.inf|\.Inf|\.INF)$|^(\.nan|\.NaN|\.NAN)$/,
  GO_FLOAT,
  GO_EXPONENT,
  /^[-+]?[0-9][0-9_]*$/,
  /^[-+]?0x[0-9a-fA-F_]+$/,
  /^[-+]?0b[01_]+$/,
  /^[-+]?0o[0-7_]+$/,
  /^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$/,
  /^\d{4}-\d{1,2}-\d{1,2}$/,
  /^\d{4}-\d{1,2}-\d{1,2}([Tt]|\s+)\d{1,2}:\d{1,2}:\d{1,2}(\.\d+)?(Z|\s*[-+]\d{1,2}(:\d{2})?)?$/,
];

function scalarText(text: string, depth: number): string {
  if (text.includes('\n')) {
    return isBlockAllowed(text) ? literalBlock(text, depth) : doubleQuoted(text);
  }
  if (RESOLVES.some((pattern) => pattern.test(text))) return doubleQuoted(text);
  if (hasSpecial(text) || text.includes('\t')) return doubleQuoted(text);
  if (isPlainAllowed(text)) return text;
  return `'${text.replaceAll("'", "''")}'`;
}

/** libyaml's analysis of a scalar in block context. */
function isPlainAllowed(text: string): boolean {
  if (/^[#,[\]{}&*!|>'"%@`]/.test(text)) return false;
  if (/^[-?:]($| )/.test(text)) return false;
  if (text.startsWith('---') || text.startsWith('...')) return false;
  if (/^ | $/.test(text)) return false;
  return !/: |:$| #/.test(text);
}

// What libyaml calls special: not printable, and the byte order mark.
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const SPECIAL = /[\u0000-\u0008\u000b-\u001f\u007f-\u0084\u0086-\u009f\ufeff]|[\u2028\u2029\u0085]/;

function hasSpecial(text: string): boolean {
  return SPECIAL.test(text);
}

function isBlockAllowed(text: string): boolean {
  return !hasSpecial(text) && !/ \n/.test(text) && !text.endsWith(' ');
}

function literalBlock(text: string, depth: number): string {
  const hint = /^[ \n]/.test(text) ? '2' : '';
  const chomp = !text.endsWith('\n') ? '-' : text === '\n' || text.endsWith('\n\n') ? '+' : '';
  const body = text.endsWith('\n') ? text.slice(0, -1) : text;
  const pad = '  '.repeat(Math.max(depth, 1));
  const lines = body.split('\n').map((line) => (line === '' ? '' : pad + line));
  return `|${hint}${chomp}\n${lines.join('\n')}`;
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\0', '\\0'],
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\v', '\\v'],
  ['\f', '\\f'],
  ['\r', '\\r'],
  ['\u001b', '\\e'],
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\u0085', '\\N'],
  ['\u2028', '\\L'],
  ['\u2029', '\\P'],
]);

function doubleQuoted(text: string): string {
  let body = '';
  for (const char of text) {
    const escape = ESCAPES.get(char);
    const code = char.codePointAt(0) ?? 0;
    if (escape !== undefined) body += escape;
    else if (!hasSpecial(char)) body += char;
    else if (code < 0x100) body += `\\x${code.toString(16).toUpperCase().padStart(2, '0')}`;
    else body += `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
  }
  return `"${body}"`;
}

/** goyaml's order of keys: digits by value, letters after other characters unless a number ends there. */
export function compareKeys(left: string, right: string): number {
  const a = Array.from(left);
  const b = Array.from(right);
  let isInNumber = false;
  for (let i = 0; i < a.length && i < b.length; i++) {
    const x = a[i] ?? '';
    const y = b[i] ?? '';
    if (x === y) {
      isInNumber = isDigit(x);
      continue;
    }
    const isLetterX = /\p{L}/u.test(x);
    const isLetterY = /\p{L}/u.test(y);
    if (isLetterX && isLetterY) return x < y ? -1 : 1;
    if (isLetterX || isLetterY) return isLetterX === isInNumber ? -1 : 1;
    const runX = digitRun(a, i);
    const runY = digitRun(b, i);
    const hasLead = (x === '0' || y === '0') && isAfterNonZeroDigit(a, i);
    const valueX = Number(`${hasLead ? '1' : '0'}${runX}`);
    const valueY = Number(`${hasLead ? '1' : '0'}${runY}`);
    if (valueX !== valueY) return valueX - valueY;
    if (runX.length !== runY.length) return runX.length - runY.length;
    return x < y ? -1 : 1;
  }
  return a.length - b.length;
}

function isDigit(char: string): boolean {
  return char >= '0' && char <= '9' && char.length === 1;
}

function digitRun(chars: readonly string[], from: number): string {
  let end = from;
  while (end < chars.length && isDigit(chars[end] ?? '')) end++;
  return chars.slice(from, end).join('');
}

function isAfterNonZeroDigit(chars: readonly string[], at: number): boolean {
  for (let i = at - 1; i >= 0 && isDigit(chars[i] ?? ''); i--) if (chars[i] !== '0') return true;
  return false;
}
