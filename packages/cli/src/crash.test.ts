/**
 * How a run ends that cannot go on: a dead worker, a signal, an output that nobody reads. Always soon, with a
 * status that says so, and with nothing left behind.
 *
 * Workers are made to die from outside: Node loads a file of this test before anything else in each thread.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';

const MAIN = path.join(import.meta.dirname, 'main.ts');
const TIMEOUT_MS = 60_000;
const folder = mkdtempSync(path.join(tmpdir(), 'podwire-crash-'));
after(() => {
  rmSync(folder, { recursive: true });
});

/** Runs until somebody stops it: a day of virtual time takes minutes. */
const LONG = `name: long
cluster: {nodes: 2}
steps:
  - {name: first, run: kubectl get nodes, expect: node-2}
  - {run: ping -i 0.01 router, timeout: 24h}
`;
const file = path.join(folder, 'long.yaml');
writeFileSync(file, LONG);

interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `onOutput` hears of every piece of output on stdout. */
async function podwire(
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
  onOutput: (child: ChildProcess, stdout: string) => void = () => undefined,
): Promise<Ended> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...argv], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const tooLong = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
  let stdout = '';
  let stderr = '';
  child.stderr.on('data', (data: Buffer) => {
    stderr += data.toString();
  });
  child.stdout.on('data', (data: Buffer) => {
    stdout += data.toString();
    onOutput(child, stdout);
  });
  const ended = await new Promise<Ended>((resolve) => {
    child.on('close', (status, signal) => {
      resolve({ status, signal, stdout, stderr });
    });
  });
  clearTimeout(tooLong);
  return ended;
}

/** Environment that lets workers run this first. */
function inWorkers(name: string, script: string, more = ''): Record<string, string> {
  const hook = path.join(folder, `${name}.mjs`);
  const head = "import { isMainThread } from 'node:worker_threads';\n";
  writeFileSync(hook, `${head}if (!isMainThread) {\n${script}\n}\n`);
  return { NODE_OPTIONS: `--import=${pathToFileURL(hook).href} ${more}` };
}

/** The script runs when a worker waits for its hundredth round. */
function atRound(script: string): string {
  return `const real = Atomics.wait;
    let count = 0;
    Atomics.wait = (...args) => {
      if (++count === 100) { ${script} }
      return real(...args);
    };`;
}

describe('a worker', () => {
  const DEATHS: readonly {
    readonly what: string;
    readonly script: string;
    readonly more?: string;
    readonly expected: RegExp;
  }[] = [
    {
      what: 'throws between its rounds',
      script: atRound("throw new TypeError('thrown by a test');"),
      expected: /worker \d \(node-\d\) failed at \d+ ns of virtual time: thrown by a test/,
    },
    {
      what: 'throws in an event of a host',
      script: `const real = Map.prototype.set;
        let count = 0;
        Map.prototype.set = function (...args) {
          if (new Error().stack.includes('engine/src/process.ts') && ++count === 20) {
            throw new TypeError('thrown by a test');
          }
          return real.apply(this, args);
        };`,
      expected:
        /worker \d \((node-\d)\) failed at \d+ ns of virtual time: .*: thrown by a test\n[\s\S]* {2}at: \1, process /,
    },
    {
      what: 'exits',
      script: atRound('process.exit(0);'),
      expected: /worker \d \(node-\d\) ended unexpectedly at \d+ ns of virtual time/,
    },
    {
      what: 'fills its heap',
      script: atRound('const kept = []; for (;;) kept.push(new Array(100_000).fill(count));'),
      more: '--max-old-space-size=150',
      expected: /worker \d \(node-\d\) ran out of memory at \d+ ns of virtual time/,
    },
    {
      what: 'throws before it is a worker',
      script: "throw new TypeError('thrown by a test');",
      expected:
        /worker \d \(node-\d\) ended unexpectedly at 0 ns of virtual time: thrown by a test/,
    },
    {
      what: 'exits before it is a worker',
      script: 'process.exit(5);',
      expected: /worker \d \(node-\d\) ended unexpectedly at 0 ns .* exited with code: 5/,
    },
  ];
  for (const { what, script, more, expected } of DEATHS) {
    test(`that ${what} ends the run, and its hosts are named`, async () => {
      const env = inWorkers(what.replaceAll(' ', '-'), script, more);
      const { status, stderr } = await podwire(['run', file], env);
      assert.equal(status, 70, stderr);
      assert.match(stderr, /^podwire: internal error: /);
      assert.match(stderr, expected);
      assert.match(stderr, /hosts: node-\d\n[\s\S]*replay: podwire run .*long\.yaml --seed 1/);
    });
  }
});

describe('a signal', () => {
  for (const [signal, expected] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    for (const workers of ['0', 'node']) {
      test(`${signal} ends a run with ${workers} workers in order, with what there is`, async () => {
        let isSent = false;
        const ended = await podwire(['run', file, '--workers', workers], {}, (child, stdout) => {
          if (isSent || !stdout.includes('✓ first')) return;
          isSent = true;
          child.kill(signal);
        });
        assert.equal(ended.status, expected, ended.stderr);
        assert.equal(ended.stderr, '');
        assert.match(ended.stdout, /✓ first[\s\S]*the run was stopped[\s\S]*digest/);
      });
    }

    test(`${signal} while a run starts ends it`, async () => {
      for (const delayMs of [0, 50, 100, 200]) {
        const { status, signal: died } = await podwire(['run', file], {}, (child) => {
          // The heading is written before threads take up their tasks.
          setTimeout(() => child.kill(signal), delayMs);
        });
        assert.ok(status === expected || died === signal, `${status} ${died}`);
      }
    });
  }

  test('a second one ends a run at once', async () => {
    let isSent = false;
    const { status, signal: died } = await podwire(['run', file], {}, (child, stdout) => {
      if (isSent || !stdout.includes('✓ first')) return;
      isSent = true;
      child.kill('SIGINT');
      child.kill('SIGINT');
    });
    // The second may come when the run has ended in order already: then it ends the process as any other.
    assert.ok(status === 130 || died === 'SIGINT', `${status} ${died}`);
  });
});

describe('an output that fails', () => {
  test('a reader that goes away ends the run without a word', async () => {
    const { status, stderr } = await podwire(['run', file], {}, (child) => {
      child.stdout?.destroy();
    });
    assert.equal(status, 141);
    assert.equal(stderr, '');
  });

  test('a full disk is told', async (context) => {
    if (process.platform !== 'linux') return context.skip('needs /dev/full');
    const shell = spawn(
      'sh',
      ['-c', '"$0" "$1" run "$2" --workers 0 > /dev/full', process.execPath, MAIN, file],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let stderr = '';
    shell.stderr.on('data', (data: Buffer) => {
      stderr += data.toString();
    });
    const status = await new Promise((resolve) => {
      shell.on('close', resolve);
    });
    assert.equal(status, 70);
    assert.match(stderr, /^podwire: standard output: ENOSPC.*\n$/);
  });
});

test('a heap that is too small ends a run with how far it came and what to lower', async () => {
  const argv = ['scale', '--nodes', '1000', '--pods', '100', '--services', '10'];
  const ended = await podwire(argv, { NODE_OPTIONS: '--max-old-space-size=112' });
  assert.equal(ended.status, 70, ended.stderr);
  assert.match(
    ended.stderr,
    /podwire: out of memory before all nodes were Ready, at \d+\.\d s of virtual time: \d+ MB of 117 MB heap are in use\n/,
  );
  assert.match(
    ended.stderr,
    /hint: lower --nodes \(1000\), --pods \(100\) or --services \(10\), or raise/,
  );
});
