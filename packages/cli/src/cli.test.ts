/**
 * The command as a person types it: texts and exit statuses.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';

const MAIN = path.join(import.meta.dirname, 'main.ts');
const folder = mkdtempSync(path.join(tmpdir(), 'podwire-cli-'));
after(() => {
  rmSync(folder, { recursive: true });
});

interface Called {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function podwire(...argv: readonly string[]): Called {
  const done = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', MAIN, ...argv],
    {
      encoding: 'utf8',
      cwd: folder,
      timeout: 120_000,
    },
  );
  return { status: done.status, stdout: done.stdout, stderr: done.stderr };
}

function scenario(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return name;
}

/** A world without nodes needs no cluster to be up. */
const SMALL = `name: small
cluster: {nodes: 0}
waitForCluster: false
steps:
  - {name: own name, run: hostname, expect: client}
  - wait: 5s
`;

describe('podwire', () => {
  test('prints version and help', () => {
    assert.match(podwire('--version').stdout, /^\d+\.\d+\.\d+\n$/);
    assert.match(podwire('--help').stdout, /Commands:\n {2}run/);
    assert.match(podwire('run', '--help').stdout, /--pcap[\s\S]*Examples:/);
    assert.match(podwire('help', 'check').stdout, /^Usage: podwire check/);
  });

  const MISTAKES: readonly (readonly [argv: readonly string[], expected: RegExp])[] = [
    [['rum', 'x'], /error PW4101: unknown command 'rum'\n {2}hint: did you mean run\?/],
    [
      ['run', '--sed', '3', 'x'],
      /error PW4101: unknown option '--sed'\n {2}hint: did you mean .*--seed/,
    ],
    [['run'], /error PW4101: missing required argument 'file'/],
    [['run', 'x', '--workers', 'many'], /error PW4102: .*--workers.* It must be a number/],
    [['run', 'x', '--until', 'soon'], /error PW4102: .* It must be a duration/],
    [['run', 'x', '--set', 'a'], /error PW4102: .* It must be name=value/],
    [['run', 'x', '--evaluator', 'slow'], /error PW4102: .* Allowed choices are plain, fast/],
    [['run', 'nothing'], /nothing: error PW1001: cannot be read: there is no such file/],
    [['run', '.'], /error PW1001: the folder has no scenario.yaml/],
  ];
  for (const [argv, expected] of MISTAKES) {
    test(`${argv.join(' ')} is bad input`, () => {
      const { status, stdout, stderr } = podwire(...argv);
      assert.equal(status, 2);
      assert.equal(stdout, '');
      assert.match(stderr, expected);
    });
  }

  test('prints diagnostics of all files with line and caret, and runs nothing', () => {
    const bad = scenario('bad.yaml', 'name: x\nsteps:\n  - run: a | b\n  - wiat: 3s\n');
    const { status, stdout, stderr } = podwire('run', bad, scenario('good.yaml', SMALL));
    assert.equal(status, 2);
    assert.equal(stdout, '');
    assert.match(
      stderr,
      /bad\.yaml:3:10: error PW3002: pipes are not.*\n {4}- run: a \| b\n {11}\^\n {2}hint: /,
    );
    assert.match(stderr, /podwire: 3 errors; nothing was run/);
  });

  test('refuses what is too large, no file, or outside the folder', () => {
    const big = scenario('big.yaml', 'name: x\n');
    truncateSync(path.join(folder, big), 100 * 1024 * 1024);
    assert.match(podwire('run', big).stderr, /PW1002: big.yaml is too large: 100\.0 MB/);
    assert.match(
      podwire('run', '/dev/zero').stderr,
      /PW1001: cannot be read: it is not a regular file/,
    );
    symlinkSync('/etc/hostname', path.join(folder, 'link.yaml'));
    const leaving = scenario('leaving.yaml', 'name: x\nmanifests: [link.yaml]\nsteps: []\n');
    const { status, stderr } = podwire('check', leaving);
    assert.equal(status, 2);
    assert.match(stderr, /leaving.yaml:2:13: error PW1003/);
  });

  test('checks scenarios and manifests', () => {
    const good = podwire('check', scenario('good.yaml', SMALL));
    assert.deepEqual([good.status, good.stdout], [0, '✓ good.yaml: scenario small, 2 steps\n']);
    const pod =
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: nginx, imag: nginx}]}\n';
    const manifest = podwire('check', scenario('pod.yaml', pod));
    assert.equal(manifest.status, 0);
    assert.match(manifest.stderr, /pod.yaml:4:\d+: warning PW2002: unknown field/);
    const strict = podwire('check', '--strict', '--json', 'pod.yaml');
    assert.equal(strict.status, 2);
    assert.equal((JSON.parse(strict.stdout) as { isGood: boolean }).isGood, false);
  });

  test('prints the schema and completion scripts', () => {
    const schema = JSON.parse(podwire('schema').stdout) as { title: string };
    assert.equal(schema.title, 'podwire scenario');
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { status, stdout } = podwire('completion', shell);
      assert.equal(status, 0);
      assert.match(stdout, /podwire/);
    }
    assert.equal(podwire('completion', 'tcsh').status, 2);
    assert.match(podwire('complete', '--', 'r').stdout, /^run/m);
    assert.match(podwire('complete', '--', 'run', '--w').stdout, /^--workers/m);
  });
});

describe('podwire run', () => {
  test('tells steps, summary and digest', () => {
    const { status, stdout, stderr } = podwire(
      'run',
      scenario('good.yaml', SMALL),
      '--workers',
      '0',
    );
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /✓ own name \(.*\)\n {4}\$ hostname\n {6}client\n {2}✓ wait 5s \(5s\)\n/);
    assert.match(
      stdout,
      /small: 2 of 2 steps held\n[\s\S]*seed 1 {2}workers 0 {2}digest [0-9a-f]{16}\n$/,
    );
  });

  test('gives one JSON object, the same digest for every number of workers', () => {
    const file = scenario('good.yaml', SMALL);
    const digests = ['0', '1', '2', 'node'].map((workers) => {
      const { status, stdout } = podwire('run', file, '--json', '--workers', workers);
      assert.equal(status, 0);
      const report = JSON.parse(stdout) as { digest: string; passed: number; failed: number };
      assert.deepEqual([report.passed, report.failed], [2, 0]);
      return report.digest;
    });
    assert.equal(new Set(digests).size, 1, digests.join(' '));
  });

  test('exits with 1 when an expectation fails, and writes reports', () => {
    const file = scenario('fails.yaml', SMALL.replace('expect: client', 'expect: server'));
    const { status, stdout } = podwire(
      'run',
      file,
      '--quiet',
      '--workers',
      '0',
      '--junit',
      'j.xml',
    );
    assert.equal(status, 1);
    assert.match(stdout, /^ {2}✗ own name[\s\S]*output does not contain "server"/);
    assert.ok(!stdout.includes('✓'));
    assert.match(readFileSync(path.join(folder, 'j.xml'), 'utf8'), /failures="1"/);
  });

  test('stops at the virtual time of --until', () => {
    const { status, stdout } = podwire(
      'run',
      scenario('good.yaml', SMALL),
      '--until',
      '2s',
      '--workers',
      '0',
    );
    assert.equal(status, 1);
    assert.match(stdout, /the virtual time of 2s was over/);
  });

  test('captures and traces', () => {
    const text = SMALL.replace('run: hostname, expect: client', 'run: ping -c 1 router');
    const file = scenario('ping.yaml', text);
    const { status, stdout, stderr } = podwire(
      'run',
      file,
      '--workers',
      '0',
      '--trace',
      '1',
      '--pcap',
      'p.pcapng:client/eth0',
    );
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /packet 1: .*ICMP/);
    assert.equal(readFileSync(path.join(folder, 'p.pcapng')).readUInt32LE(0), 0x0a0d0d0a);
    assert.match(
      podwire('run', file, '--trace', 'own nam').stderr,
      /PW4102: .*\n {2}hint: did you mean "own name"/,
    );
    assert.match(
      podwire('run', file, '--pcap', 'p.pcapng:cliet/eth0').stderr,
      /PW4003: no host is called cliet/,
    );
  });

  test('tells before the run that an output has no place', () => {
    const file = scenario('good.yaml', SMALL);
    for (const flag of ['--pcap', '--junit']) {
      const { status, stdout, stderr } = podwire('run', file, flag, 'nowhere/out');
      assert.equal(status, 2);
      assert.equal(stdout, '');
      assert.match(stderr, /nowhere\/out: error PW1004: cannot be written: ENOENT/);
    }
  });

  test('ends in order on Ctrl-C', async () => {
    const endless =
      'name: x\ncluster: {nodes: 0}\nwaitForCluster: false\nsteps:\n  - {run: ping -i 0.01 router, timeout: 2000h}\n';
    const child = spawn(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        MAIN,
        'run',
        scenario('endless.yaml', endless),
        '--workers',
        '1',
      ],
      { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let output = '';
    child.stdout.on('data', (data: Buffer) => {
      if (output === '') setTimeout(() => child.kill('SIGINT'), 300);
      output += data.toString();
    });
    const status = await new Promise((resolve) => {
      child.on('exit', resolve);
    });
    assert.equal(status, 130, output);
    assert.match(output, /the run was stopped/);
  });
});
