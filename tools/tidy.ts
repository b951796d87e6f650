/**
 * What no other tool checks about the sources and documents:
 *
 * - every source file opens with a comment that says what it is;
 * - simulation code is synchronous;
 * - no file is dead: each is reached from a door, a program or a test;
 * - nothing is exported with `export *`;
 * - package.json files list exactly what tools/package-order.cjs allows;
 * - documents in docs/walks/ and ARCHITECTURE.md name files that exist;
 * - decision records have a number of their own and their four sections;
 * - no word that marks unfinished work is left.
 *
 * A file of more than 600 lines is a warning (ask which second noun crept in), and so is a package
 * without a README.md.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { blankSource } from './source-text.ts';

const LINES_MAX = 600;
const SOURCES = ['packages/*/src/**/*.ts', 'conformance/**/*.ts', 'bench/**/*.ts', 'tools/**/*.ts'];
const TEXTS = [
  ...SOURCES,
  '*.md',
  '*.json',
  '*.cjs',
  'podwire',
  '.ci/*',
  'tools/**/*.mjs',
  'docs/**/*.md',
  'packages/*/*.md',
  'scenarios/**/*.{md,yaml}',
];
/** Written in pieces, so that this file does not contain them. */
const UNFINISHED = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].join('|')})\\b`);
const ADR_SECTIONS = ['Context', 'Decision', 'Consequences', 'What would make us change it'];

interface PackageRule {
  readonly name: string;
  readonly mayImport: readonly string[];
}
const { ladder, simulation } = createRequire(import.meta.url)('./package-order.cjs') as {
  readonly ladder: readonly PackageRule[];
  readonly simulation: readonly string[];
};

interface SourceFile {
  /** Relative to the root, with forward slashes. */
  readonly file: string;
  readonly text: string;
  readonly withoutComments: string;
  readonly codeOnly: string;
}

interface Findings {
  readonly errors: string[];
  readonly warnings: string[];
}

export function runTidy(root: string): boolean {
  const findings = tidy(root);
  for (const warning of findings.warnings) console.log(`warning: ${warning}`);
  for (const error of findings.errors) console.log(`error: ${error}`);
  return findings.errors.length === 0;
}

export function tidy(root: string): Findings {
  const sources = list(root, SOURCES).map((file): SourceFile => {
    const text = readFileSync(path.join(root, file), 'utf8');
    return { file, text, ...blankSource(text) };
  });
  const findings: Findings = { errors: [], warnings: [] };
  for (const source of sources) {
    checkHeader(source, findings);
    checkSynchronous(source, findings);
    checkExports(source, findings);
    checkLength(source, findings);
  }
  checkDeadFiles(root, sources, findings);
  checkManifests(root, findings);
  checkNamedFiles(root, sources, findings);
  checkDecisionRecords(root, findings);
  checkUnfinished(root, findings);
  return findings;
}

function checkHeader({ file, text }: SourceFile, { errors }: Findings): void {
  const opening = text.replace(/^#!.*\n/, '');
  const pattern = isTest(file) ? /^\/[/*]/ : /^\/\*\*/;
  if (!pattern.test(opening))
    errors.push(`${file}:1: opens without a comment that says what it is`);
}

function checkSynchronous(source: SourceFile, { errors }: Findings): void {
  const [top, name = '', , folder] = source.file.split('/');
  if (top !== 'packages' || !simulation.includes(name)) return;
  if (folder === 'host' || isTest(source.file)) return;
  for (const { line, word } of matches(source.codeOnly, /(?<![#.\w])(async|await|Promise)\b/g)) {
    errors.push(
      `${source.file}:${line}: ${word} in simulation code; write a process as a generator, or move it to host/`,
    );
  }
}

function checkExports(source: SourceFile, { errors }: Findings): void {
  for (const { line } of matches(source.codeOnly, /\bexport \*/g)) {
    errors.push(`${source.file}:${line}: export * hides what the door gives; name each export`);
  }
}

function checkLength({ file, text }: SourceFile, { warnings }: Findings): void {
  const lines = text.split('\n').length - 1;
  if (lines > LINES_MAX) warnings.push(`${file}: ${lines} lines, more than ${LINES_MAX}`);
}

/** Follows imports, and `new URL('./x.ts', import.meta.url)`, from doors, programs and tests. */
function checkDeadFiles(root: string, sources: readonly SourceFile[], { errors }: Findings): void {
  const byName = new Map(sources.map((source) => [source.file, source]));
  const waiting = sources.map((source) => source.file).filter((file) => isRoot(root, file));
  const reached = new Set(waiting);
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const source = byName.get(file);
    if (source === undefined) continue;
    for (const [, target = ''] of source.withoutComments.matchAll(/['"](\.{1,2}\/[^'"]+)['"]/g)) {
      const next = path.posix.join(path.posix.dirname(file), target);
      if (byName.has(next) && !reached.has(next)) {
        reached.add(next);
        waiting.push(next);
      }
    }
  }
  for (const { file } of sources) {
    // Declarations and generated code stand beside what they describe.
    if (reached.has(file) || file.endsWith('.d.ts')) continue;
    errors.push(`${file}: dead, no door, program or test reaches it`);
  }
}

function isRoot(root: string, file: string): boolean {
  if (isTest(file) || /\/src\/([\w-]+-)?main\.ts$/.test(file)) return true;
  if (/^packages\/[^/]+\/src\/(host\/)?index\.ts$/.test(file)) return true;
  if (!/^(tools|bench)\//.test(file)) return false;
  // A tool is a program when a script or a document calls it.
  const manifest = readFileSync(path.join(root, 'package.json'), 'utf8');
  if (manifest.includes(file) || ['tools/test-reporter.ts', 'tools/test-setup.ts'].includes(file))
    return true;
  return list(root, ['CONTRIBUTING.md', 'docs/**/*.md', 'tools/**/*.md']).some((document) =>
    readFileSync(path.join(root, document), 'utf8').includes(file),
  );
}

function checkManifests(root: string, { errors, warnings }: Findings): void {
  const names = list(root, ['packages/*/package.json']).map((file) => file.split('/')[1] ?? '');
  for (const name of names) {
    if (!ladder.some((rule) => rule.name === name)) {
      errors.push(`packages/${name}: not in tools/package-order.cjs`);
    }
    if (!existsSync(path.join(root, 'packages', name, 'README.md'))) {
      warnings.push(`packages/${name}: has no README.md`);
    }
  }
  for (const [index, rule] of ladder.entries()) {
    const file = `packages/${rule.name}/package.json`;
    if (!existsSync(path.join(root, file))) {
      errors.push(`${file}: missing, but in tools/package-order.cjs`);
      continue;
    }
    const above = ladder.slice(0, index).map((other) => other.name);
    for (const name of rule.mayImport) {
      if (!above.includes(name)) errors.push(`tools/package-order.cjs: ${rule.name} above ${name}`);
    }
    const manifest = JSON.parse(readFileSync(path.join(root, file), 'utf8')) as {
      readonly dependencies?: Readonly<Record<string, string>>;
      readonly devDependencies?: Readonly<Record<string, string>>;
    };
    const declared = { ...manifest.devDependencies, ...manifest.dependencies };
    for (const [dependency, version] of Object.entries(declared)) {
      const own = /^@podwire\/(.*)$/.exec(dependency)?.[1];
      if (own === undefined ? version !== 'catalog:' : version !== 'workspace:*') {
        errors.push(
          `${file}: ${dependency} must be ${own === undefined ? 'catalog:' : 'workspace:*'}`,
        );
      }
      if (own !== undefined && !rule.mayImport.includes(own)) {
        errors.push(`${file}: ${rule.name} may not depend on ${own} (tools/package-order.cjs)`);
      }
    }
  }
}

/** `netstack/src/dev/veth.ts`, `netstack/dev/veth.ts`, or `link.ts` after its folder was named: some file must end so. */
function checkNamedFiles(root: string, sources: readonly SourceFile[], { errors }: Findings): void {
  const known = sources.flatMap(({ file }) => [
    `/${file}`,
    `/${file.replace(/^packages\/([^/]+)\/src\//, '$1/')}`,
  ]);
  const documents = list(root, ['docs/walks/*.md', 'ARCHITECTURE.md']);
  for (const document of documents) {
    const text = readFileSync(path.join(root, document), 'utf8');
    for (const { line, word } of matches(text, /(?<![\w./-])([\w.-]+\/)*[\w.-]+\.ts\b/g)) {
      const inFull = existsSync(path.join(root, word));
      if (!inFull && !known.some((file) => file.endsWith(`/${word}`))) {
        errors.push(`${document}:${line}: names ${word}, which does not exist`);
      }
    }
  }
}

function checkDecisionRecords(root: string, { errors }: Findings): void {
  const taken = new Map<string, string>();
  for (const file of list(root, ['docs/adr/*.md'])) {
    const number = /\/(\d{4})-[a-z0-9-]+\.md$/.exec(file)?.[1];
    if (number === undefined) {
      errors.push(`${file}: the name must be like 0001-some-title.md`);
      continue;
    }
    const other = taken.get(number);
    if (other !== undefined) errors.push(`${file}: its number belongs to ${other}`);
    taken.set(number, file);
    const text = readFileSync(path.join(root, file), 'utf8');
    if (!text.startsWith(`# ${Number(number)}. `)) {
      errors.push(`${file}:1: wants "# ${Number(number)}. Title"`);
    }
    for (const section of ADR_SECTIONS) {
      if (!text.includes(`\n## ${section}\n`)) errors.push(`${file}: has no section "${section}"`);
    }
  }
}

function checkUnfinished(root: string, { errors }: Findings): void {
  for (const file of list(root, TEXTS)) {
    const text = readFileSync(path.join(root, file), 'utf8');
    for (const { line, word } of matches(text, new RegExp(UNFINISHED, 'g'))) {
      errors.push(`${file}:${line}: ${word} marks unfinished work; finish it or open an issue`);
    }
  }
}

function isTest(file: string): boolean {
  return /\.(test|suite)\.ts$/.test(file);
}

function list(root: string, patterns: readonly string[]): string[] {
  return globSync([...patterns], {
    cwd: root,
    exclude: ['**/node_modules/**', '**/gen/**', '**/testdata/**'],
  })
    .map((file) => file.replaceAll(path.sep, '/'))
    .filter((file) => !file.includes('node_modules/'))
    .sort();
}

function matches(
  text: string,
  pattern: RegExp,
): { readonly line: number; readonly word: string }[] {
  return [...text.matchAll(pattern)].map((match) => ({
    line: text.slice(0, match.index).split('\n').length,
    word: match[0],
  }));
}
