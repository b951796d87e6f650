/**
 * Two pods on one segment, for this package's tests: containers and commands in them.
 */
import { NS_PER_SEC, ip } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { Lab, type LabHost } from '@podwire/netstack';
import { type ContainerContext, type RunningContainer, startContainer } from './program.ts';
import type { ExecResult } from './run-command.ts';

export interface PodOptions {
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly ports?: ContainerContext['containerPorts'];
  readonly env?: readonly (readonly [string, string])[];
  readonly more?: Partial<ContainerContext>;
}

/** A lab in which every host is a pod on 10.244.0.0/24. */
export class TestPods {
  readonly lab: Lab;
  readonly #names: readonly string[];

  constructor(names: readonly string[], seed = 'workloads') {
    this.lab = new Lab(seed);
    this.#names = names;
    const hosts = names.map((name) => this.lab.host(name));
    const nics = this.lab.segment('eth0', hosts, 100_000);
    for (const [index, host] of hosts.entries()) {
      const nic = nics[index];
      host.ns.setUp(host.ns.lo, true);
      if (nic !== undefined) host.ns.addAddress(nic, `${this.address(names[index] ?? '')}/24`);
    }
  }

  address(name: string): string {
    return `10.244.0.${this.#names.indexOf(name) + 2}`;
  }

  host(name: string): LabHost {
    const host = this.lab.hosts.get(name);
    if (host === undefined) throw new Error(`no pod ${name}`);
    return host;
  }

  /** Starts a container in the pod. */
  start(name: string, options: PodOptions = {}): RunningContainer {
    const host = this.host(name);
    const hosts = this.#names.map((other) => `${this.address(other)}\t${other}`).join('\n');
    const context: ContainerContext = {
      sim: host.sim,
      ns: host.ns,
      podName: name,
      namespace: 'default',
      nodeName: 'node-1',
      podIP: ip(this.address(name)),
      hostname: name,
      env: new Map(options.env ?? []),
      resolvConf: 'nameserver 10.244.0.250\nsearch default.svc.cluster.local\noptions ndots:5\n',
      hosts: `127.0.0.1\tlocalhost\n${hosts}\n`,
      containerPorts: options.ports ?? [],
      ...options.more,
    };
    return startContainer(context, {
      image: options.image ?? 'ubuntu',
      ...(options.command === undefined ? {} : { command: options.command }),
      ...(options.args === undefined ? {} : { args: options.args }),
    });
  }

  /** A container that only waits, to run commands in. */
  client(name: string, image = 'ubuntu'): RunningContainer {
    return this.start(name, { image, command: ['sleep', 'infinity'] });
  }

  /** Runs a command line in a container to its end. */
  exec(
    container: RunningContainer,
    line: string,
    withinNs: number = 3600 * NS_PER_SEC,
  ): ExecResult {
    const process = container.execContext.sim.spawn('exec', container.exec(['sh', '-c', line]));
    return this.finish(process, withinNs);
  }

  /** Runs argv as it is. */
  execArgv(container: RunningContainer, argv: readonly string[]): ExecResult {
    return this.finish(container.execContext.sim.spawn('exec', container.exec(argv)));
  }

  run<T>(name: string, proc: Proc<T>): T {
    return this.finish(this.host(name).sim.spawn('test', proc));
  }

  finish<T>(
    process: { readonly isDone: boolean; readonly result: T | undefined },
    withinNs: number = 3600 * NS_PER_SEC,
  ): T {
    const untilNs = this.lab.world.nowNs + withinNs;
    while (!process.isDone && this.lab.world.nowNs < untilNs) this.lab.world.runFor(10_000_000);
    if (!process.isDone || process.result === undefined) throw new Error('it ends in time');
    return process.result;
  }
}
