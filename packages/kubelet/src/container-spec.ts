/**
 * What one start of a container's program sees of its pod: arguments, environment, files, log.
 *
 * From: the pod worker, when the container is created. To: the runtime. Only what may change later is noted
 * now (variables, arguments, which Services there were); the rest is written out when the program reads it.
 */
import type { Container } from '@podwire/api';
import type { NetNs } from '@podwire/netstack';
import type { ContainerRecord } from './container.ts';
import { NO_VARIABLES, containerEnv, expand, ownVariables } from './env.ts';
import { podHosts, podHostname } from './pod-files.ts';
import type { PodWorker } from './pod-worker.ts';
import type { LogLine, ProgramSpec } from './runtime.ts';
import type { Sandbox } from './sandbox.ts';
import { type Moment, ServiceVariables } from './service-history.ts';
import { volumeFilesOf } from './volumes.ts';

const NO_WORDS: readonly string[] = [];
const NO_FILES: ReadonlyMap<string, string> = new Map();

export class ContainerSpec implements ProgramSpec {
  readonly worker: PodWorker;
  readonly container: Container;
  readonly sandbox: Sandbox;
  readonly image: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly resolvConf: string;
  /** What the program has printed. */
  readonly lines: LogLine[] = [];
  readonly #own: ReadonlyMap<string, string>;
  /** undefined: the pod wants no service links. */
  readonly #servicesAt: Moment | undefined;

  constructor(
    worker: PodWorker,
    record: ContainerRecord,
    sandbox: Sandbox,
    own: ReadonlyMap<string, string>,
    servicesAt: Moment | undefined,
  ) {
    const { container } = record;
    this.worker = worker;
    this.container = container;
    this.sandbox = sandbox;
    this.image = record.image?.reference ?? container.image ?? '';
    this.#own = own;
    this.#servicesAt = servicesAt;
    this.command = this.#expand(container.command);
    this.args = this.#expand(container.args);
    this.resolvConf = worker.host.resolvConf(worker.pod).text;
  }

  get ns(): NetNs {
    return this.sandbox.ns;
  }

  get containerName(): string {
    return this.container.name;
  }

  get podName(): string {
    return this.worker.pod.metadata.name;
  }

  get podNamespace(): string {
    return this.worker.namespace;
  }

  get podUid(): string {
    return this.worker.uid;
  }

  get podIP(): string {
    return this.sandbox.podIP;
  }

  get hostname(): string {
    const { node, options } = this.worker.host;
    return podHostname(this.worker.pod, node.nodeName, options.clusterDomain);
  }

  get env(): ReadonlyMap<string, string> {
    return containerEnv(this.worker.pod, this.#services(), this.#own);
  }

  get hosts(): string {
    const { node, options } = this.worker.host;
    return podHosts(this.worker.pod, this.sandbox.podIP, node.nodeName, options.clusterDomain);
  }

  /** The files of the container's volumes as they are now, by absolute path. */
  get files(): () => ReadonlyMap<string, string> {
    return () =>
      this.container.volumeMounts === undefined
        ? NO_FILES
        : volumeFilesOf(this.worker.pod, this.container, this.worker.facts(this.sandbox.podIP));
  }

  get ports(): ProgramSpec['ports'] {
    return (this.container.ports ?? []).map((port) => ({
      port: port.containerPort,
      protocol: port.protocol ?? 'TCP',
    }));
  }

  get log(): (text: string, stream?: 'stdout' | 'stderr') => void {
    return (text, stream = 'stdout') => {
      this.lines.push({ atNs: this.worker.host.node.sim.nowNs(), text, stream });
    };
  }

  #services(): ReadonlyMap<string, string> {
    if (this.#servicesAt === undefined) return NO_VARIABLES;
    return new ServiceVariables(
      this.worker.host.services.history,
      this.worker.namespace,
      this.#servicesAt,
    );
  }

  #expand(words: readonly string[] | undefined): readonly string[] {
    if (words === undefined) return NO_WORDS;
    if (!words.some((word) => word.includes('$'))) return words;
    const { env } = this;
    return words.map((word) => expand(word, env));
  }
}

/** The container as it would start now, or why it cannot. */
export function containerSpec(
  worker: PodWorker,
  record: ContainerRecord,
): ContainerSpec | { readonly error: string } {
  const { sandbox, pod } = worker;
  if (sandbox === undefined) return { error: 'sandbox is gone' };
  const { services: seen } = worker.host;
  const servicesAt = pod.spec.enableServiceLinks === false ? undefined : seen.now();
  const services =
    servicesAt === undefined
      ? NO_VARIABLES
      : new ServiceVariables(seen.history, worker.namespace, servicesAt);
  const own = ownVariables(pod, record.container, services, worker.facts(sandbox.podIP));
  if ('error' in own) return own;
  return new ContainerSpec(worker, record, sandbox, own, servicesAt);
}
