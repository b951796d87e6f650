/**
 * The console of a machine: commands typed there, by the operator or over ssh.
 */
import type { Proc } from '@podwire/engine';
import { type NetNs } from '@podwire/netstack';
import {
  ContainerFiles,
  type ExecContext,
  type NodeTools,
  ProcessTable,
  overlaidFiles,
  runCommand,
  startSshd,
} from '@podwire/workloads';
import type { CommandResult, ControlRequest } from './control.ts';
import type { EmulatedHost } from './emulated-host.ts';

export class HostConsole {
  readonly #host: EmulatedHost;
  readonly #processes = new ProcessTable();
  readonly #tools: NodeTools | undefined;
  /** What commands write stays for the next one. */
  readonly #files: ContainerFiles;

  constructor(host: EmulatedHost, tools?: NodeTools) {
    this.#host = host;
    this.#tools = tools;
    const { name } = host.spec;
    this.#files = new ContainerFiles(() => [
      ['/etc/resolv.conf', host.world.nodeResolvConf],
      ['/etc/hosts', host.world.hostsFile(name)],
      ['/etc/hostname', `${name}\n`],
    ]);
  }

  /** What a command on this machine sees. */
  context(files: readonly (readonly [string, string])[] = [], stdin = ''): ExecContext {
    const host = this.#host;
    const name = host.spec.name;
    return {
      sim: host.sim,
      ns: host.ns,
      hostname: name,
      fs: overlaidFiles(this.#files, files),
      env: new Map([
        ['HOME', '/root'],
        ['HOSTNAME', name],
        ['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      ]),
      libc: 'glibc',
      processes: this.#processes,
      stdin,
      ...(this.#tools === undefined ? {} : { node: this.#tools }),
    };
  }

  *run(request: Extract<ControlRequest, { op: 'exec' }>): Proc<CommandResult> {
    const { sim } = this.#host;
    const startedNs = sim.nowNs();
    const http: { status: number }[] = [];
    const context: ExecContext = {
      ...this.context(request.files, request.stdin),
      onHttp: (status) => {
        http.push({ status });
      },
      ...(request.traceId === 0 ? {} : { traceId: request.traceId }),
    };
    const done = yield* runCommand(context, request.argv);
    const stderr =
      done.runtimeError === undefined
        ? done.stderr
        : `bash: ${request.argv[0] ?? ''}: command not found\n`;
    return {
      exitCode: done.exitCode,
      stdout: done.stdout,
      stderr,
      startedNs,
      endedNs: sim.nowNs(),
      http,
    };
  }

  /** Serves ssh on port 22. */
  startSshd(ns: NetNs): void {
    startSshd(ns, (argv, traceId) => {
      const base = this.context();
      return runCommand(traceId === 0 ? base : { ...base, traceId }, argv);
    });
  }
}
