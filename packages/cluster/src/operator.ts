/**
 * The operator: the person (or script) that works on the emulated world from outside.
 *
 * It is an actor like the others, on the main thread's shard, so that what it does happens at a definite
 * virtual time whatever the threads do. A program (the scenario runner's) runs on it as a process.
 */
import { must } from '@podwire/base';
import { type Actor, type HostSim, type Message, type Proc, Signal } from '@podwire/engine';
import type { UnderlayFault } from '@podwire/underlay';
import {
  type CommandResult,
  type ControlMessage,
  type ControlReply,
  type ControlRequest,
  type HostFault,
  type ObjectCondition,
  type PodPlace,
  type ProxyState,
  type ScaleStats,
  controlMessage,
} from './control.ts';
import { CONTROL_DELAY_NS, type WorldSpec } from './world-spec.ts';

export interface ExecOptions {
  readonly stdin?: string;
  readonly files?: readonly (readonly [string, string])[];
  readonly traceId?: number;
  readonly timeoutNs?: number;
  /** Inside a container of a pod on that node. */
  readonly pod?: PodPlace;
}

interface Pending {
  readonly signal: Signal;
  reply: ControlReply | undefined;
}

type Unnumbered = ControlRequest extends infer R
  ? R extends { id: number }
    ? Omit<R, 'id'>
    : never
  : never;

export class Operator implements Actor {
  readonly sim: HostSim;
  readonly spec: WorldSpec;
  readonly #pending = new Map<number, Pending>();
  readonly #byName = new Map<string, number>();
  #nextId = 1;

  constructor(sim: HostSim, spec: WorldSpec) {
    this.sim = sim;
    this.spec = spec;
    spec.actors.forEach((actor, id) => this.#byName.set(actor.name, id));
  }

  nowNs(): number {
    return this.sim.nowNs();
  }

  receive(message: Message): void {
    const body = (message as ControlMessage).body as ControlReply;
    const pending = this.#pending.get(body.id);
    if (pending === undefined) return;
    pending.reply = body;
    pending.signal.notify();
  }

  hostId(name: string): number | undefined {
    const id = this.#byName.get(name);
    return id !== undefined && this.spec.actors[id]?.kind === 'host' ? id : undefined;
  }

  /** Runs a command on a host's console; undefined when the time was over (it is then cancelled). */
  *exec(
    host: string,
    argv: readonly string[],
    options: ExecOptions = {},
  ): Proc<CommandResult | undefined> {
    const to = must(this.hostId(host), `host ${host} exists`);
    const request: Unnumbered = {
      op: 'exec',
      argv,
      stdin: options.stdin ?? '',
      files: options.files ?? [],
      traceId: options.traceId ?? 0,
      ...(options.pod === undefined ? {} : { pod: options.pod }),
    };
    const id = this.#post(to, request);
    const reply = yield* this.#await(id, options.timeoutNs);
    if (reply === undefined) {
      this.#post(to, { op: 'cancel', target: id });
      return undefined;
    }
    return reply.op === 'result' ? reply.result : undefined;
  }

  /** The error's text, undefined when it was done. */
  *hostFault(host: string, fault: HostFault): Proc<string | undefined> {
    const to = must(this.hostId(host), `host ${host} exists`);
    return yield* this.#order(to, { op: 'host-fault', fault });
  }

  /** Applies a fault to the links of both its ends: the switch's, and the host's. */
  *underlayFault(fault: UnderlayFault): Proc<string | undefined> {
    const orders: number[] = [];
    if (fault.kind === 'link') {
      const link = this.spec.links.find((entry) => entry.config.name === fault.link);
      if (link === undefined) return `there is no link ${fault.link}`;
      orders.push(link.switch, link.host);
    } else {
      this.spec.actors.forEach((actor, id) => {
        if (actor.kind === 'switch') orders.push(id);
      });
    }
    const ids = orders.map((to) => this.#post(to, { op: 'underlay-fault', fault }));
    let error: string | undefined;
    for (const id of ids) {
      const reply = yield* this.#await(id);
      if (reply?.op === 'done' && reply.error !== undefined) error ??= reply.error;
    }
    return error;
  }

  /** Waits for objects of the API; false when the time was over first. */
  *waitFor(condition: ObjectCondition, timeoutNs: number): Proc<{ ok: boolean; error?: string }> {
    const to = must(this.hostId('control-plane'), 'a control plane');
    const id = this.#post(to, { op: 'wait', condition });
    const reply = yield* this.#await(id, timeoutNs);
    if (reply === undefined) {
      this.#post(to, { op: 'cancel', target: id });
      return { ok: false };
    }
    if (reply.op === 'done' && reply.error !== undefined) return { ok: false, error: reply.error };
    return { ok: true };
  }

  /** Waits until the cluster serves: nodes Ready, DNS available; false when the time was over first. */
  *waitReady(timeoutNs: number): Proc<boolean> {
    const id = this.#post(must(this.hostId('control-plane'), 'a control plane'), { op: 'ready' });
    return (yield* this.#await(id, timeoutNs)) !== undefined;
  }

  /** The API's objects of a resource, as parsed JSON. */
  *list(resource: string, namespace?: string): Proc<readonly unknown[]> {
    const to = must(this.hostId('control-plane'), 'a control plane');
    const request: Unnumbered = {
      op: 'list',
      resource,
      ...(namespace === undefined ? {} : { namespace }),
    };
    const reply = yield* this.#await(this.#post(to, request));
    return reply?.op === 'done' ? (reply.value as readonly unknown[]) : [];
  }

  /** Creates objects through the API; the first refusal's text, undefined when all were taken. */
  *create(objects: readonly unknown[]): Proc<string | undefined> {
    return yield* this.#order(this.#controlPlane(), { op: 'create', objects });
  }

  /** Notes from now on when pods of this selector are created, bound and Ready. */
  *observe(selector: string): Proc<string | undefined> {
    return yield* this.#order(this.#controlPlane(), { op: 'observe', selector });
  }

  /** Waits until the slices of selected Services hold so many ready endpoints; false when the time was over first. */
  *waitEndpoints(selector: string, count: number, timeoutNs: number): Proc<boolean> {
    const to = this.#controlPlane();
    const id = this.#post(to, { op: 'endpoints', count, selector });
    if ((yield* this.#await(id, timeoutNs)) !== undefined) return true;
    this.#post(to, { op: 'cancel', target: id });
    return false;
  }

  *scaleStats(wantsSizes = false): Proc<ScaleStats> {
    const reply = yield* this.#await(this.#post(this.#controlPlane(), { op: 'stats', wantsSizes }));
    return (reply as Extract<ControlReply, { op: 'done' }>).value as ScaleStats;
  }

  /** What the proxies of all nodes have programmed, in the order of the nodes. */
  *proxyStates(wantsSizes = false): Proc<readonly ProxyState[]> {
    const ids = this.spec.cluster.nodes.map(({ name }) =>
      this.#post(must(this.hostId(name), `node ${name} exists`), { op: 'stats', wantsSizes }),
    );
    const states: ProxyState[] = [];
    for (const id of ids) {
      const reply = yield* this.#await(id);
      states.push((reply as Extract<ControlReply, { op: 'done' }>).value as ProxyState);
    }
    return states;
  }

  #controlPlane(): number {
    return must(this.hostId('control-plane'), 'a control plane');
  }

  /** Ends the run as soon as all shards can stop at one instant. */
  stop(): void {
    const aheadNs = Math.max(2 * CONTROL_DELAY_NS, this.sim.stopAheadNs);
    this.sim.requestStop(this.sim.nowNs() + aheadNs);
  }

  *#order(to: number, request: Unnumbered): Proc<string | undefined> {
    const reply = yield* this.#await(this.#post(to, request));
    return reply?.op === 'done' ? reply.error : undefined;
  }

  #post(to: number, request: Unnumbered): number {
    const id = this.#nextId++;
    this.#pending.set(id, { signal: new Signal(), reply: undefined });
    this.sim.send(to, CONTROL_DELAY_NS, controlMessage({ ...request, id } as ControlRequest));
    return id;
  }

  *#await(id: number, timeoutNs?: number): Proc<ControlReply | undefined> {
    const pending = must(this.#pending.get(id), 'a pending request');
    const deadlineNs = timeoutNs === undefined ? undefined : this.sim.nowNs() + timeoutNs;
    while (pending.reply === undefined) {
      const leftNs = deadlineNs === undefined ? undefined : deadlineNs - this.sim.nowNs();
      if (leftNs !== undefined && leftNs <= 0) break;
      yield* pending.signal.wait(leftNs);
    }
    this.#pending.delete(id);
    return pending.reply;
  }
}
