/**
 * Disruption controller: the status of PodDisruptionBudgets.
 *
 * From: PodDisruptionBudgets, Pods, workloads. To: `status.disruptionsAllowed` and its companions.
 * Copies pkg/controller/disruption (1.32).
 */
import {
  type Condition,
  type Deployment,
  type Informer,
  type Pod,
  type PodDisruptionBudget,
  type PodDisruptionBudgetStatus,
  type ReplicaSet,
  type StatefulSet,
  controllerOf,
  formatTime,
  jsonEqual,
  keyOf,
  matchesSelector,
  parseTime,
  selectorOf,
  splitKey,
} from '@podwire/api';
import { NS_PER_SEC } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { type ControllerContext, type Outcome, enqueueChanges, isSettled } from './context.ts';
import { scaledValue } from './int-or-percent.ts';
import { indexByLabel, podsMatching } from './pod-labels.ts';
import { podIsReady, podIsTerminal } from './pod-state.ts';

/** An eviction that was granted but not carried out by then counts no more. */
const DISRUPTED_TIMEOUT_NS = 120 * NS_PER_SEC;

export function startDisruptionController(context: ControllerContext): void {
  const budgets: Informer<PodDisruptionBudget> = context.informer('poddisruptionbudgets');
  const pods: Informer<Pod> = context.informer('pods');
  const sets: Informer<ReplicaSet> = context.informer('replicasets');
  const deployments: Informer<Deployment> = context.informer('deployments');
  const statefulSets: Informer<StatefulSet> = context.informer('statefulsets');
  const resources = ['poddisruptionbudgets', 'pods', 'replicasets', 'deployments', 'statefulsets'];
  const queue = context.reconcile('disruption', resources, sync);
  indexByLabel(pods);
  enqueueChanges(budgets, queue);
  budgets.addIndex('namespace', ({ metadata }) => [metadata.namespace ?? 'default']);
  const podChanged = (pod: Pod): void => {
    if (budgets.items.size === 0) return;
    for (const budget of budgets.byIndex('namespace', pod.metadata.namespace ?? 'default')) {
      if (matchesSelector(selectorOf(budget.spec.selector), pod.metadata.labels)) {
        queue.add(keyOf(budget));
      }
    }
  };
  pods.subscribe({
    add: podChanged,
    update: (pod, old) => {
      podChanged(pod);
      if (!jsonEqual(pod.metadata.labels, old.metadata.labels)) podChanged(old);
    },
    delete: podChanged,
  });

  function* sync(key: string): Proc<Outcome> {
    const { namespace, name } = splitKey(key);
    const budget = budgets.get(namespace, name);
    if (budget === undefined) return 'done';
    const selector = selectorOf(budget.spec.selector);
    const members = podsMatching(pods, namespace, selector).filter((pod) => !podIsTerminal(pod));
    const status = statusOf(budget, members);
    if (jsonEqual(status, budget.status)) return 'done';
    const updated = { ...budget, status } as PodDisruptionBudget;
    const response = yield* context.update('poddisruptionbudgets', updated, 'status');
    return isSettled(response) ? 'done' : 'retry';
  }

  function statusOf(
    budget: PodDisruptionBudget,
    members: readonly Pod[],
  ): PodDisruptionBudgetStatus {
    const { minAvailable, maxUnavailable } = budget.spec;
    const isCounted = typeof minAvailable === 'number';
    const expectedPods = isCounted ? members.length : expectedOf(members);
    const desiredHealthy =
      maxUnavailable === undefined
        ? scaledValue(minAvailable ?? 1, expectedPods, 'up')
        : Math.max(0, expectedPods - scaledValue(maxUnavailable, expectedPods, 'up'));
    const disruptedPods = stillDisrupted(budget, members);
    let currentHealthy = 0;
    for (const pod of members) {
      if (pod.metadata.deletionTimestamp !== undefined) continue;
      if (Object.hasOwn(disruptedPods, pod.metadata.name)) continue;
      if (podIsReady(pod)) currentHealthy++;
    }
    const isAllowed = expectedPods > 0 && currentHealthy > desiredHealthy;
    const disruptionsAllowed = isAllowed ? currentHealthy - desiredHealthy : 0;
    const { generation } = budget.metadata;
    return {
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      ...(Object.keys(disruptedPods).length === 0 ? {} : { disruptedPods }),
      disruptionsAllowed,
      currentHealthy,
      desiredHealthy,
      expectedPods,
      conditions: [conditionOf(budget, disruptionsAllowed > 0)],
    };
  }

  function conditionOf(budget: PodDisruptionBudget, isAllowed: boolean): Condition {
    const before = budget.status?.conditions?.find(({ type }) => type === 'DisruptionAllowed');
    const status = isAllowed ? 'True' : 'False';
    const { generation } = budget.metadata;
    const now = formatTime(context.nowNs);
    const isSame = before?.status === status;
    return {
      type: 'DisruptionAllowed',
      status,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      lastTransitionTime: isSame ? (before.lastTransitionTime ?? now) : now,
      reason: isAllowed ? 'SufficientPods' : 'InsufficientPods',
      message: '',
    };
  }

  /** The sum of what the pods' workloads should have. */
  function expectedOf(members: readonly Pod[]): number {
    const scales = new Map<string, number>();
    for (const pod of members) {
      const owner = controllerOf(pod);
      if (owner === undefined) continue;
      const { namespace } = pod.metadata;
      if (owner.kind === 'StatefulSet') {
        scales.set(owner.uid, statefulSets.get(namespace, owner.name)?.spec.replicas ?? 1);
      } else if (owner.kind === 'ReplicaSet') {
        const set = sets.get(namespace, owner.name);
        const parent = set === undefined ? undefined : controllerOf(set);
        const deployment =
          parent?.kind === 'Deployment' ? deployments.get(namespace, parent.name) : undefined;
        if (deployment !== undefined && parent !== undefined) {
          scales.set(parent.uid, deployment.spec.replicas ?? 1);
        } else if (set !== undefined) {
          scales.set(owner.uid, set.spec.replicas ?? 1);
        }
      }
    }
    let total = 0;
    for (const scale of scales.values()) total += scale;
    return total;
  }

  function stillDisrupted(
    budget: PodDisruptionBudget,
    members: readonly Pod[],
  ): Readonly<Record<string, string>> {
    const names = new Map(members.map((pod) => [pod.metadata.name, pod]));
    const left = new Map<string, string>();
    for (const [name, time] of Object.entries(budget.status?.disruptedPods ?? {})) {
      const pod = names.get(name);
      if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) continue;
      const endNs = (parseTime(time) ?? 0) + DISRUPTED_TIMEOUT_NS;
      if (endNs < context.nowNs) continue;
      left.set(name, time);
      queue.addAfter(keyOf(budget), endNs - context.nowNs + 1);
    }
    return Object.fromEntries(left);
  }
}
