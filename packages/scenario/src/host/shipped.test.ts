/**
 * The scenarios of the repository: each is without a diagnostic, describes itself, and tells how to run it.
 *
 * That they hold, with equal digests on every number of workers, is the step `scenarios` of tools/check.ts.
 */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { checkManifestFile } from '../check-manifests.ts';
import { loadScenario } from '../parse.ts';
import { fileReader } from './file-reader.ts';

const root = path.resolve(import.meta.dirname, '..', '..', '..', '..');
const folder = path.join(root, 'scenarios');
const files = globSync('*/*.yaml', { cwd: folder }).sort();
/** Its objects are made by `oc new-app`. */
const MADE_BY_COMMANDS = 'openshift-hello';
/** Manifests that are wrong on purpose; their scenario shows what is said to them. */
const WRONG_ON_PURPOSE = 'broken-manifests';

/** Images that the scenario defines are not known to a manifest alone. */
function isNotice(diagnostic: { readonly message: string }): boolean {
  return diagnostic.message.includes('is not in the catalogue');
}

test('there are scenarios, the quickstart among them', () => {
  assert.ok(files.includes(path.join('quickstart', 'scenario.yaml')), files.join(', '));
});

for (const file of globSync('*/tutorial.md', { cwd: folder }).sort()) {
  test(`${file} has no diagnostic, and leaves nothing out`, () => {
    const { scenario, diagnostics } = loadScenario(fileReader, path.join(folder, file));
    assert.deepEqual(diagnostics, []);
    assert.deepEqual(scenario?.notices, []);
    assert.equal(scenario.name, file.replace('/', '-').replace('.md', ''));
  });
}

for (const file of files) {
  test(`${file} has no diagnostic, and every step has a purpose`, () => {
    const { scenario, diagnostics } = loadScenario(fileReader, path.join(folder, file));
    assert.deepEqual(
      diagnostics.map((entry) => `${entry.line}: ${entry.message}`),
      [],
    );
    assert.ok(scenario !== undefined);
    assert.notEqual(scenario.description, '');
    const name = file.replace(/\/scenario\.yaml$/, '').replace(/\.yaml$/, '');
    assert.equal(scenario.name, name.replace('/', '-'), 'named as its file');
    // What a run step keeps for later, or is expected to do.
    for (const step of scenario.steps) {
      if (step.kind !== 'run') continue;
      const isAction = /^(kubectl|oc) (delete|set|apply|scale|wait)/.test(step.command);
      const hasPurpose = step.expect !== undefined || step.save !== undefined || isAction;
      assert.ok(hasPurpose, `${step.pos.line}: ${step.name} expects nothing`);
    }
  });
}

for (const name of new Set(files.map((file) => path.dirname(file)))) {
  test(`${name} has manifests and a README, and the index names it`, () => {
    assert.ok(existsSync(path.join(folder, name, 'scenario.yaml')));
    const manifests = globSync('manifests/*.yaml', { cwd: path.join(folder, name) });
    assert.ok(manifests.length > 0 || name === MADE_BY_COMMANDS);
    const readme = readFileSync(path.join(folder, name, 'README.md'), 'utf8');
    assert.ok(readme.includes(`./podwire run scenarios/${name}\n`), 'how to run it');
    assert.ok(readme.includes('**The idea.**') && readme.includes('## Try'));
    const index = readFileSync(path.join(folder, 'README.md'), 'utf8');
    assert.ok(index.includes(`[${name}](${name}/README.md)`));
  });

  test(`steps that the README of ${name} names exist`, () => {
    const readme = readFileSync(path.join(folder, name, 'README.md'), 'utf8');
    const runs =
      /\.\/podwire run scenarios\/(?<file>\S+) .*?--trace (?:'(?<a>.+?)'`|"(?<b>.+?)"`|(?<n>\d+)`)/g;
    for (const { groups } of readme.matchAll(runs)) {
      const { scenario } = loadScenario(fileReader, path.join(folder, groups?.['file'] ?? ''));
      const wanted = groups?.['a'] ?? groups?.['b'];
      const step =
        wanted === undefined
          ? scenario?.steps[Number(groups?.['n']) - 1]
          : scenario?.steps.find((entry) => entry.name === wanted);
      assert.equal(step?.kind, 'run', wanted ?? groups?.['n'] ?? '');
    }
  });

  if (name === WRONG_ON_PURPOSE) continue;
  test(`manifests of ${name} are valid on their own`, () => {
    for (const file of globSync('manifests/*.yaml', { cwd: path.join(folder, name) })) {
      const checked = checkManifestFile(fileReader, path.join(folder, name, file), {
        strict: true,
      });
      assert.deepEqual(
        checked?.diagnostics.flatMap((entry) => (isNotice(entry) ? [] : entry.message)),
        [],
        file,
      );
    }
  });
}
