// Each rule of tidy.ts finds what it is there for, in a small tree made for it.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { tidy } from './tidy.ts';

const HEADER = '/** Says what it is. */\n';
const UNFINISHED = 'TO' + 'DO';

/** Findings in a tree of these files, without those about packages that the tree lacks. */
function errorsIn(files: Readonly<Record<string, string>>): string[] {
  const root = mkdtempSync(path.join(tmpdir(), 'podwire-tidy-'));
  try {
    for (const [file, text] of Object.entries({ 'package.json': '{}', ...files })) {
      mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
      writeFileSync(path.join(root, file), text);
    }
    return tidy(root).errors.filter((error) => !error.includes('missing, but in'));
  } finally {
    rmSync(root, { recursive: true });
  }
}

const CASES: readonly {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly errors: readonly RegExp[];
}[] = [
  {
    name: 'a good file',
    files: {
      'packages/base/src/index.ts': `${HEADER}export { a } from './a.ts';\n`,
      'packages/base/src/a.ts': `${HEADER}export const a = 1;\n`,
    },
    errors: [],
  },
  {
    name: 'no header',
    files: { 'packages/base/src/index.ts': 'export const a = 1;\n' },
    errors: [/index\.ts:1: opens without a comment/],
  },
  {
    name: 'async in simulation code, with its line',
    files: {
      'packages/netstack/src/index.ts': `${HEADER}// async in a comment is fine\nexport async function f(): Promise<void> {}\n`,
    },
    errors: [/index\.ts:3: async in/, /index\.ts:3: Promise in/],
  },
  {
    name: 'async in host/, in a test and above the simulation',
    files: {
      'packages/engine/src/host/index.ts': `${HEADER}export async function f() {}\n`,
      'packages/engine/src/a.test.ts': '// A test.\nawait f();\n',
      'packages/cli/src/main.ts': `${HEADER}await f();\n`,
    },
    errors: [],
  },
  {
    name: 'a dead file',
    files: {
      'packages/base/src/index.ts': `${HEADER}// './dead.ts'\n`,
      'packages/base/src/dead.ts': HEADER,
    },
    errors: [/dead\.ts: dead/],
  },
  {
    name: 'a file reached as a worker',
    files: {
      'packages/engine/src/host/index.ts': `${HEADER}new Worker(new URL('./worker.ts', import.meta.url));\n`,
      'packages/engine/src/host/worker.ts': HEADER,
    },
    errors: [],
  },
  {
    name: 'export *',
    files: {
      'packages/base/src/index.ts': `${HEADER}export * from './a.ts';\n`,
      'packages/base/src/a.ts': HEADER,
    },
    errors: [/export \*/],
  },
  {
    name: 'a dependency below, and a version of its own',
    files: {
      'packages/base/package.json': JSON.stringify({
        dependencies: { '@podwire/trace': 'workspace:*', yaml: '2.9.1' },
      }),
    },
    errors: [/base may not depend on trace/, /yaml must be catalog:/],
  },
  {
    name: 'a walk that names a file which is gone',
    files: {
      'packages/netstack/src/index.ts': HEADER,
      'docs/walks/a.md': 'From `netstack/index.ts` to\n`netstack/dev/veth.ts`.\n',
    },
    errors: [/a\.md:2: names netstack\/dev\/veth\.ts/],
  },
  {
    name: 'decision records with a number twice, a wrong title, no sections, no number',
    files: {
      'docs/adr/0001-a.md': '# 1. A\n\n## Context\n\n## Decision\n\n## Consequences\n',
      'docs/adr/0001-b.md': '# 2. B\n\n## Context\n\n## Consequences\n\n## Decision\n',
      'docs/adr/c.md': '# 3. C\n',
    },
    errors: [
      /0001-a.*"What would/,
      /0001-b.*number belongs to/,
      /0001-b.*wants "# 1\. /,
      /0001-b.*"What would/,
      /c\.md: the name/,
    ],
  },
  {
    name: 'unfinished work',
    files: { 'docs/a.md': `fine\n${UNFINISHED}: more\n` },
    errors: [/a\.md:2: \w+ marks unfinished work/],
  },
];

for (const { name, files, errors } of CASES) {
  test(`tidy: ${name}`, () => {
    const found = errorsIn(files);
    assert.equal(found.length, errors.length, found.join('\n'));
    for (const [index, pattern] of errors.entries()) assert.match(found[index] ?? '', pattern);
  });
}
