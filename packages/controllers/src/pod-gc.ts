/**
 * Pod garbage collector: removes pods that nothing else will remove.
 *
 * Upstream looks every 20 s; here a round exists only when a node or pod made it necessary, at the same instants.
 * Copies pkg/controller/podgc (1.32).
 */
import { type Informer, type Node, type Pod, formatTime, parseTime } from '@podwire/api';
import { NS_PER_SEC } from '@podwire/base';
import { type Proc, Signal, type Timer } from '@podwire/engine';
import type { ControllerContext } from './context.ts';
import { podIsTerminal } from './pod-state.ts';

const ROUND_NS = 20 * NS_PER_SEC;
/** A node must have been missing for this long. */
const QUARANTINE_NS = 40 * NS_PER_SEC;

export function startPodGarbageCollector(context: ControllerContext): void {
  const nodes: Informer<Node> = context.informer('nodes');
  const pods: Informer<Pod> = context.informer('pods');
  const missingSince = new Map<string, number>();
  const due = new Signal();
  let isDue = false;
  let startNs: number | undefined;
  let timer: Timer | undefined;
  let terminalCount = 0;

  const request = (): void => {
    armAt(context.nowNs);
  };
  nodes.subscribe({ delete: request });
  pods.subscribe({
    add: (pod) => {
      if (podIsTerminal(pod)) terminalCount++;
      if (needsLook(pod)) request();
    },
    update: (pod, old) => {
      if (podIsTerminal(pod) && !podIsTerminal(old)) terminalCount++;
      if (needsLook(pod) && !needsLook(old)) request();
      if (terminalCount > context.options.terminatedPodGcThreshold) request();
    },
    delete: (pod) => {
      if (podIsTerminal(pod)) terminalCount--;
    },
  });
  context.spawn('podgc', run());

  /** A pod on a node that is not there, or one that goes without ever having had a node. */
  function needsLook({ spec, metadata }: Pod): boolean {
    const nodeName = spec.nodeName ?? '';
    if (nodeName === '') return metadata.deletionTimestamp !== undefined;
    return nodes.get(undefined, nodeName) === undefined;
  }

  function armAt(atNs: number): void {
    if (startNs === undefined) return;
    const rounds = Math.ceil((atNs - startNs) / ROUND_NS);
    const roundNs = startNs + Math.max(0, rounds) * ROUND_NS;
    if (timer?.isPending === true && timer.atNs <= roundNs) return;
    timer?.cancel();
    timer = context.sim.after(roundNs - context.nowNs, () => {
      isDue = true;
      due.notify();
    });
  }

  function* run(): Proc {
    yield* context.synced('nodes', 'pods');
    startNs = context.nowNs;
    if ([...pods.items.values()].some(needsLook)) request();
    for (;;) {
      while (!isDue) yield* due.wait();
      isDue = false;
      yield* collectTerminated();
      yield* collectOrphans();
      yield* collectUnscheduled();
    }
  }

  function* collectTerminated(): Proc {
    const excess = terminalCount - context.options.terminatedPodGcThreshold;
    if (excess <= 0) return;
    const ended = [...pods.items.values()].filter(podIsTerminal).sort((a, b) => {
      const created = ({ metadata }: Pod): number =>
        parseTime(metadata.creationTimestamp ?? '') ?? 0;
      return created(a) - created(b);
    });
    for (const pod of ended.slice(0, excess)) yield* forceDelete(pod);
  }

  function* collectOrphans(): Proc {
    const nowNs = context.nowNs;
    const orphans = new Map<string, Pod[]>();
    for (const pod of pods.items.values()) {
      const nodeName = pod.spec.nodeName ?? '';
      if (nodeName === '' || nodes.get(undefined, nodeName) !== undefined) continue;
      const there = orphans.get(nodeName);
      if (there === undefined) orphans.set(nodeName, [pod]);
      else there.push(pod);
    }
    for (const name of missingSince.keys()) if (!orphans.has(name)) missingSince.delete(name);
    for (const [name, lost] of orphans) {
      const sinceNs = missingSince.get(name);
      if (sinceNs === undefined) {
        missingSince.set(name, nowNs);
        armAt(nowNs + QUARANTINE_NS);
      } else if (nowNs - sinceNs >= QUARANTINE_NS) {
        missingSince.delete(name);
        for (const pod of lost) yield* collectOrphan(pod);
      } else {
        armAt(sinceNs + QUARANTINE_NS);
      }
    }
  }

  function* collectOrphan(pod: Pod): Proc {
    if (!podIsTerminal(pod)) {
      const condition = {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'DeletionByPodGC',
        message: 'PodGC: node no longer exists',
        lastTransitionTime: formatTime(context.nowNs),
      };
      const status = { phase: 'Failed', conditions: [condition] };
      yield* context.patch('pods', pod, { status }, 'status');
    }
    yield* forceDelete(pod);
  }

  function* collectUnscheduled(): Proc {
    for (const pod of pods.items.values()) {
      const isUnscheduled = (pod.spec.nodeName ?? '') === '';
      if (isUnscheduled && pod.metadata.deletionTimestamp !== undefined) yield* forceDelete(pod);
    }
  }

  function* forceDelete(pod: Pod): Proc {
    yield* context.delete('pods', pod, { gracePeriodSeconds: 0 });
  }
}
