/**
 * Runs command lines against an API server in no time: for tests.
 */
import { ApiServer, LocalApiClient, Store } from '@podwire/api';
import { NS_PER_SEC } from '@podwire/base';
import { type HostSim, type Proc, type Process, TestWorld } from '@podwire/engine';
import type { ExecRequest, ExecResult, LogsRequest, ManifestFile, Program } from './context.ts';
import { runKubectl } from './run.ts';

export interface Outcome {
  readonly code: number | undefined;
  readonly out: string;
  readonly err: string;
}

export class Bench {
  readonly world: TestWorld = new TestWorld('kubectl');
  readonly sim: HostSim = this.world.addHost('control-plane');
  readonly server: ApiServer = new ApiServer(new Store(this.sim.rng('store')), {
    clock: this.sim,
    rng: this.sim.rng('api'),
    admission: { mountsToken: false, taintsNewNodes: false },
  });
  readonly files: Map<string, string> = new Map();
  namespace = 'default';
  program: Program = 'kubectl';
  exec: (request: ExecRequest) => ExecResult = () => ({ exitCode: 0, stdout: '', stderr: '' });
  logs: (request: LogsRequest) => string = () => '';

  /** Runs a line (words parted by blanks, quotes kept together) for at most `seconds` of virtual time. */
  run(line: string, stdin = '', seconds = 60): Outcome {
    const started = this.start(line, stdin);
    this.world.runFor(seconds * NS_PER_SEC);
    return started.outcome();
  }

  start(line: string, stdin = ''): { outcome(): Outcome; process: Process<number> } {
    let out = '';
    let err = '';
    const process = this.sim.spawn(
      'kubectl',
      runKubectl(
        {
          program: this.program,
          sim: this.sim,
          client: new LocalApiClient(this.server),
          namespace: this.namespace,
          stdin,
          setNamespace: (namespace) => {
            this.namespace = namespace;
          },
          readFile: (name) => this.#read(name, stdin),
          out: (text) => {
            out += text;
          },
          err: (text) => {
            err += text;
          },
          exec: (request) => answer(() => this.exec(request)),
          logs: (request, onText) =>
            answer(() => {
              onText(this.logs(request));
              return {};
            }),
        },
        words(line.replace(/^(?:kubectl|oc) /, '')),
      ),
    );
    return { process, outcome: () => ({ code: process.result, out, err }) };
  }

  #read(name: string, stdin: string): ManifestFile[] | undefined {
    if (name === '-') return [{ name: '-', text: stdin }];
    const text = this.files.get(name);
    if (text !== undefined) return [{ name, text }];
    const inside = [...this.files].filter(([path]) => path.startsWith(`${name}/`));
    return inside.length === 0
      ? undefined
      : inside.map(([path, body]) => ({ name: path, text: body }));
  }
}

// oxlint-disable-next-line require-yield -- a process that never waits
function* answer<T>(make: () => T): Proc<T> {
  return make();
}

/** Words of a command line as a shell parts them. */
export function words(line: string): string[] {
  const found = line.match(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g) ?? [];
  return found.map((word) => word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'));
}
