/**
 * Generates the code that encodes and decodes overlay frames from their protobuf definition:
 *
 *   node tools/gen-proto.ts            writes packages/wire/src/gen/
 *   node tools/gen-proto.ts --check    exit status 1 when what is there is stale
 *
 * The result is checked in, so that a run needs no generator; tools/gen-proto.test.ts holds the
 * check. From JavaScript with JSDoc (pbjs) the type declarations are made (pbts).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);
const PROTO_FILE = 'packages/wire/src/frame.proto';
const OUT_DIR = 'packages/wire/src/gen';
const SCRIPT_NAME = 'frame.js';
const TYPES_NAME = 'frame.d.ts';

/** A static module for ESM, without the forms that podwire does not use. */
const PBJS_OPTIONS = [
  '--target=static-module',
  '--wrap=esm',
  '--es6',
  '--dependency=protobufjs/minimal.js',
  '--root=podwire',
  '--no-delimited',
  '--no-verify',
  '--no-convert',
  '--no-typeurl',
  '--no-service',
  '--force-number',
];
const HEADER =
  '/** Generated from ../frame.proto by tools/gen-proto.ts: change that file, not this one. */\n';

if (import.meta.main) process.exitCode = main(process.argv.slice(2));

function main(args: readonly string[]): number {
  const checking = args.length === 1 && args[0] === '--check';
  if (args.length > 0 && !checking) {
    console.error('usage: node tools/gen-proto.ts [--check]');
    return 2;
  }
  const generated = generate();
  if (!checking) {
    mkdirSync(path.join(root, OUT_DIR), { recursive: true });
    for (const [name, text] of generated) writeFileSync(path.join(root, OUT_DIR, name), text);
    return 0;
  }
  const stale = staleFiles(generated);
  for (const file of stale) console.error(`${file}: stale, run: npm run gen:proto`);
  return stale.length === 0 ? 0 : 1;
}

/** Names of the files in OUT_DIR that are not what PROTO_FILE gives. */
export function staleFiles(generated: ReadonlyMap<string, string> = generate()): string[] {
  return [...generated]
    .map(([name, text]) => ({ file: path.posix.join(OUT_DIR, name), text }))
    .filter(({ file, text }) => {
      const full = path.join(root, file);
      return !existsSync(full) || readFileSync(full, 'utf8') !== text;
    })
    .map(({ file }) => file);
}

function generate(): Map<string, string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'podwire-proto-'));
  try {
    const script = path.join(folder, SCRIPT_NAME);
    const types = path.join(folder, TYPES_NAME);
    run('pbjs', [...PBJS_OPTIONS, '--out', script, PROTO_FILE]);
    run('pbts', ['--out', types, script]);
    return new Map([
      [SCRIPT_NAME, HEADER + readFileSync(script, 'utf8')],
      [TYPES_NAME, HEADER + readFileSync(types, 'utf8')],
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(program: string, args: readonly string[]): void {
  const done = spawnSync(program, args, { cwd: root, encoding: 'utf8' });
  if (done.status !== 0) {
    throw new Error(`${program} failed: ${done.error?.message ?? done.stderr}`);
  }
}
