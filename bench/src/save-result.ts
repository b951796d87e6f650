/**
 * Results that are kept: bench/results/NAME.json, with the machine and the commit.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describeMachine } from './machine.ts';

export function saveResult(name: string, result: Readonly<Record<string, unknown>>): void {
  if (!/^[\w.-]+$/.test(name)) {
    throw new Error(`--save ${name}: letters, digits, '-', '_' and '.' only`);
  }
  const folder = path.join(import.meta.dirname, '..', 'results');
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${name}.json`);
  const text = JSON.stringify({ machine: describeMachine(), ...result }, undefined, 2);
  writeFileSync(file, `${text}\n`);
  console.error(`saved ${path.relative(process.cwd(), file)}`);
}
