/**
 * Taint eviction controller: deletes pods that do not tolerate their node's NoExecute taints, or no longer.
 *
 * From: Nodes, Pods. To: condition DisruptionTarget, deletion, events. Copies pkg/controller/tainteviction (1.32).
 */
import {
  type Informer,
  type Node,
  type Pod,
  type Taint,
  type Toleration,
  formatTime,
  jsonEqual,
  keyOf,
} from '@podwire/api';
import { NS_PER_SEC } from '@podwire/base';
import type { Proc, Timer } from '@podwire/engine';
import { type ControllerContext, type Outcome, isSettled } from './context.ts';
import { toleratesTaint } from './node-match.ts';
import { indexByNode } from './owner-index.ts';
import { podIsTerminal } from './pod-state.ts';

const COMPONENT = 'taint-eviction-controller';

export function startTaintEvictionController(context: ControllerContext): void {
  const nodes: Informer<Node> = context.informer('nodes');
  const pods: Informer<Pod> = context.informer('pods');
  /** Pods whose time runs: since when, and until when. */
  const scheduled = new Map<string, { readonly sinceNs: number; readonly timer: Timer }>();
  const queue = context.reconcile('tainteviction', ['nodes', 'pods'], evict);
  indexByNode(pods);
  nodes.subscribe({
    add: judgeNode,
    update: (node, old) => {
      if (!jsonEqual(noExecuteTaints(node), noExecuteTaints(old))) judgeNode(node);
    },
    delete: (node) => {
      for (const pod of pods.byIndex('node', node.metadata.name)) cancel(pod, false);
    },
  });
  pods.subscribe({
    add: judgePod,
    update: (pod, old) => {
      if (pod.spec === old.spec) return;
      const isSame =
        pod.spec.nodeName === old.spec.nodeName &&
        jsonEqual(pod.spec.tolerations, old.spec.tolerations);
      if (!isSame) judgePod(pod);
    },
    delete: (pod) => {
      cancel(pod, false);
    },
  });

  function judgeNode(node: Node): void {
    for (const pod of pods.byIndex('node', node.metadata.name)) judge(pod, noExecuteTaints(node));
  }

  function judgePod(pod: Pod): void {
    const node = nodes.get(undefined, pod.spec.nodeName ?? '');
    if (node !== undefined) judge(pod, noExecuteTaints(node));
  }

  function judge(pod: Pod, taints: readonly Taint[]): void {
    const key = keyOf(pod);
    if (taints.length === 0) {
      cancel(pod, true);
      return;
    }
    const tolerance = toleranceSeconds(pod.spec.tolerations ?? [], taints);
    if (tolerance === 0) {
      cancel(pod, false);
      queue.add(key);
      return;
    }
    if (tolerance === Infinity) {
      cancel(pod, true);
      return;
    }
    const running = scheduled.get(key);
    const sinceNs = running?.sinceNs ?? context.nowNs;
    const dueNs = sinceNs + tolerance * NS_PER_SEC;
    if (running !== undefined && running.timer.atNs <= dueNs) return;
    running?.timer.cancel();
    const timer = context.sim.after(Math.max(0, dueNs - context.nowNs), () => {
      scheduled.delete(key);
      queue.add(key);
    });
    scheduled.set(key, { sinceNs, timer });
  }

  function cancel(pod: Pod, isTold: boolean): void {
    const key = keyOf(pod);
    const running = scheduled.get(key);
    if (running === undefined) return;
    running.timer.cancel();
    scheduled.delete(key);
    if (!isTold) return;
    const text = `Cancelling deletion of Pod ${key}`;
    context.recorder(COMPONENT).event(pod, 'Normal', 'TaintManagerEviction', text);
  }

  function* evict(key: string): Proc<Outcome> {
    const pod = pods.items.get(key);
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return 'done';
    const text = `Marking for deletion Pod ${key}`;
    context.recorder(COMPONENT).event(pod, 'Normal', 'TaintManagerEviction', text);
    if (!podIsTerminal(pod)) {
      const condition = {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'DeletionByTaintManager',
        message: 'Taint manager: deleting due to NoExecute taint',
        lastTransitionTime: formatTime(context.nowNs),
      };
      yield* context.patch('pods', pod, { status: { conditions: [condition] } }, 'status');
    }
    return isSettled(yield* context.delete('pods', pod)) ? 'done' : 'retry';
  }
}

function noExecuteTaints({ spec }: Node): readonly Taint[] {
  return (spec.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
}

/** For how long all the taints are tolerated: 0 when one is not at all, Infinity when none sets a limit. */
export function toleranceSeconds(
  tolerations: readonly Toleration[],
  taints: readonly Taint[],
): number {
  let least = Infinity;
  for (const taint of taints) {
    const covering = tolerations.filter((toleration) => toleratesTaint(toleration, taint));
    if (covering.length === 0) return 0;
    for (const { tolerationSeconds } of covering) {
      if (tolerationSeconds !== undefined) least = Math.min(least, Math.max(0, tolerationSeconds));
    }
  }
  return least;
}
