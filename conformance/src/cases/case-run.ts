/**
 * One case at work in its world: what the operator can see and do there.
 *
 * From: case-program.ts, which walks the case's steps and probes. To: the operator's console, kubectl on the
 * control plane, the API's objects.
 */
import { SCHEME } from '@podwire/api';
import { NS_PER_MS, NS_PER_SEC } from '@podwire/base';
import type { CommandResult, Operator, PodPlace } from '@podwire/cluster';
import { type Proc, sleep } from '@podwire/engine';
import type { Case } from './case-file.ts';
import type { Facts, PodFacts, ServiceFacts } from './facts.ts';
import { isReady } from './facts.ts';
import { type ManifestDocument, joinManifests } from './manifests.ts';
import { fillIn } from './placeholders.ts';
import type { Request } from './request.ts';

/** The case needs what is not here; told only once the world runs. */
export class Unsupported extends Error {
  override readonly name = 'Unsupported';
}

/** A command of a case has ended by then, or hangs. */
const COMMAND_TIMEOUT_NS = 300 * NS_PER_SEC;
/** Pods that are to become ready do so by then. */
const PODS_READY_NS = 40 * NS_PER_SEC;
/** A change has reached rules and records by then: kube-proxy syncs at most once a second. */
export const SETTLE_NS: number = 2 * NS_PER_SEC;
const POLL_NS = 250 * NS_PER_MS;
/** The name under which manifests are given to kubectl, as the case files write it. */
const FILE_NAME = 'FILE';

export class CaseRun {
  readonly operator: Operator;
  readonly entry: Case;
  readonly saved: Map<string, string> = new Map();
  readonly oldClusterIPs: Map<string, string> = new Map();
  /** UIDs of the pods at first, by ns/name. */
  readonly firstUids: Map<string, string> = new Map();
  /** Addresses of the pods at first, by ns/name. */
  readonly firstIps: Map<string, string> = new Map();
  /** Who answered each probe so far. */
  readonly answers: (readonly string[])[] = [];

  constructor(operator: Operator, entry: Case) {
    this.operator = operator;
    this.entry = entry;
  }

  *facts(): Proc<Facts> {
    const { operator } = this;
    const pods = (yield* operator.list('pods')) as readonly PodFacts[];
    const services = (yield* operator.list('services')) as readonly ServiceFacts[];
    const nodes = (yield* operator.list('nodes')) as readonly {
      readonly metadata: { readonly name: string };
      readonly spec?: { readonly podCIDR?: string };
    }[];
    const { cluster } = operator.spec;
    const hasSpeakers = cluster.edge.loadBalancer?.provider === 'metallb';
    return {
      ...(hasSpeakers ? { announcers: announcersIn(yield* operator.list('events')) } : {}),
      pods,
      services,
      nodes: cluster.nodes.map(({ name, address, podCIDR }) => ({
        name,
        address,
        podCIDR: nodes.find(({ metadata }) => metadata.name === name)?.spec?.podCIDR ?? podCIDR,
      })),
      serviceNetwork: cluster.serviceNetwork,
      dnsServiceIP: cluster.dnsServiceIP,
      saved: this.saved,
      oldClusterIPs: this.oldClusterIPs,
    };
  }

  /** Fills placeholders in; one without a value makes the case unsupported. */
  *fill(text: string): Proc<string> {
    const filled = fillIn(text, yield* this.facts());
    if ('error' in filled) throw new Unsupported(filled.error);
    return filled.text;
  }

  /** Fills in all texts of a value. */
  *fillAll(value: unknown): Proc<unknown> {
    if (typeof value === 'string') return yield* this.fill(value);
    if (Array.isArray(value)) {
      const items: unknown[] = [];
      for (const item of value) items.push(yield* this.fillAll(item));
      return items;
    }
    if (typeof value !== 'object' || value === null) return value;
    const fields: [string, unknown][] = [];
    for (const [key, item] of Object.entries(value)) fields.push([key, yield* this.fillAll(item)]);
    return Object.fromEntries(fields);
  }

  *kubectl(
    args: readonly string[],
    files: readonly (readonly [string, string])[] = [],
  ): Proc<CommandResult> {
    const options = { files, timeoutNs: COMMAND_TIMEOUT_NS };
    const result = yield* this.operator.exec('control-plane', ['kubectl', ...args], options);
    return result ?? this.#nothing();
  }

  /** kubectl with documents as its file. */
  *kubectlFile(
    args: readonly string[],
    documents: readonly ManifestDocument[],
  ): Proc<CommandResult> {
    const text = yield* this.fill(joinManifests(documents));
    return yield* this.kubectl([...args, '-f', FILE_NAME], [[FILE_NAME, text]]);
  }

  /** Runs a request's command, and the one behind its pipe on the same machine. */
  *ask(
    place: { readonly host: string; readonly pod?: PodPlace },
    { argv, stdin, pipe }: Request,
  ): Proc<CommandResult | undefined> {
    const result = yield* this.exec(place, argv, { stdin });
    if (pipe === undefined || result === undefined) return result;
    const last = yield* this.exec(place, ['sh', '-c', pipe], { stdin: result.stdout });
    return last === undefined ? undefined : { ...last, stderr: result.stderr + last.stderr };
  }

  *exec(
    place: { readonly host: string; readonly pod?: PodPlace },
    argv: readonly string[],
    options: { readonly stdin: string; readonly traceId?: number },
  ): Proc<CommandResult | undefined> {
    return yield* this.operator.exec(place.host, argv, {
      timeoutNs: COMMAND_TIMEOUT_NS,
      ...options,
      ...(place.pod === undefined ? {} : { pod: place.pod }),
    });
  }

  /** Waits until pods are ready; those that never get there are waited for until the time is over. */
  *untilPodsReady(timeoutNs: number = PODS_READY_NS): Proc {
    yield* this.until(timeoutNs, (pods) => pods.every((pod) => isReady(pod) || isOver(pod)));
  }

  /** Waits until every pod has an address, as far as they get one. */
  *untilPodsPlaced(timeoutNs: number): Proc {
    yield* this.until(timeoutNs, (pods) => pods.every((pod) => (pod.status?.podIP ?? '') !== ''));
  }

  /** False when the time was over first. Controllers get a moment to make their pods. */
  *until(timeoutNs: number, holds: (pods: readonly PodFacts[]) => boolean): Proc<boolean> {
    const deadlineNs = this.operator.nowNs() + timeoutNs;
    for (;;) {
      yield* sleep(POLL_NS);
      const pods = (yield* this.operator.list('pods')) as readonly PodFacts[];
      const own = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      if (holds(own)) return true;
      if (this.operator.nowNs() >= deadlineNs) return false;
    }
  }

  /** Remembers what later steps and probes refer to. */
  *remember(): Proc {
    const { pods, services } = yield* this.facts();
    for (const { metadata, status } of pods) {
      const key = `${metadata.namespace}/${metadata.name}`;
      const ip = status?.podIP ?? '';
      if (ip !== '' && !this.firstIps.has(key)) this.firstIps.set(key, ip);
      if (metadata.uid !== undefined && !this.firstUids.has(key))
        this.firstUids.set(key, metadata.uid);
    }
    for (const { metadata, spec } of services) {
      const key = `${metadata.namespace}/${metadata.name}`;
      if (spec.clusterIP !== undefined && !this.oldClusterIPs.has(key)) {
        this.oldClusterIPs.set(key, spec.clusterIP);
      }
    }
  }

  #nothing(): CommandResult {
    const now = this.operator.nowNs();
    const stderr = 'the command did not end\n';
    return { exitCode: 124, stdout: '', stderr, startedNs: now, endedNs: now, http: [] };
  }
}

/** The last node that was told of each Service. */
function announcersIn(events: readonly unknown[]): string[] {
  const nodes = new Map<string, readonly [at: string, node: string]>();
  for (const event of events as readonly {
    readonly reason?: string;
    readonly message?: string;
    readonly lastTimestamp?: string;
    readonly involvedObject?: { readonly namespace?: string; readonly name?: string };
  }[]) {
    const node = /^announcing from node "([^"]+)"/.exec(event.message ?? '')?.[1];
    if (event.reason !== 'nodeAssigned' || node === undefined) continue;
    const key = `${event.involvedObject?.namespace}/${event.involvedObject?.name}`;
    const at = event.lastTimestamp ?? '';
    if ((nodes.get(key)?.[0] ?? '') <= at) nodes.set(key, [at, node]);
  }
  return [...nodes.values()].map(([, node]) => node);
}

/** Ended for good. */
function isOver(pod: PodFacts): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** An object of the API by what a step calls it. */
export interface Target {
  readonly resource: string;
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
}

/** Objects that a step names: `pod: ns/name`, `services: [a, b]`, `node: node-1`. */
export function targetsOf(step: Readonly<Record<string, unknown>>): Target[] {
  const targets: Target[] = [];
  for (const [key, value] of Object.entries(step)) {
    const info = targetKind(key);
    if (info === undefined) continue;
    for (const reference of Array.isArray(value) ? value : [value]) {
      if (typeof reference !== 'string') continue;
      const slash = reference.indexOf('/');
      const name = reference.slice(slash + 1);
      const namespace = slash < 0 ? 'default' : reference.slice(0, slash);
      targets.push({
        resource: info.plural,
        kind: info.kind,
        namespace: info.isNamespaced ? namespace : undefined,
        name,
      });
    }
  }
  return targets;
}

/** The kind that a key of a step names. */
export function targetKind(
  key: string,
): { readonly plural: string; readonly kind: string; readonly isNamespaced: boolean } | undefined {
  const info = SCHEME.find(key.toLowerCase());
  // `event` is something that is expected of an object.
  if (info === undefined || info.kind === 'Event') return undefined;
  const isWord = [info.plural, info.singular, info.kind.toLowerCase()].includes(key.toLowerCase());
  return isWord ? info : undefined;
}

/** `-n ns` where the kind has namespaces. */
export function namespaceArgs({ namespace }: Target): readonly string[] {
  return namespace === undefined ? [] : ['-n', namespace];
}
