/**
 * What every project has besides what a namespace has: security ranges, the accounts builder and deployer, the
 * service CA.
 *
 * Copies openshift/cluster-policy-controller pkg/security/controller (namespace SCC allocation) and
 * openshift-controller-manager pkg/serviceaccounts. Not modelled: pull secrets of the accounts, role bindings.
 */
import type { Informer, KubeObject, Namespace } from '@podwire/api';
import type { Proc } from '@podwire/engine';
import { type ControllerContext, type Outcome, enqueueChanges, isSettled } from '../context.ts';
import { keepAccount, keepCaBundle } from '../namespace-defaults.ts';

const UID_RANGE = 'openshift.io/sa.scc.uid-range';
const GROUPS = 'openshift.io/sa.scc.supplemental-groups';
const MCS = 'openshift.io/sa.scc.mcs';

/** `--security-allocator` of a new cluster: blocks of 10,000 from 1,000,000,000 on. */
const UID_FIRST = 1_000_000_000;
const UID_BLOCK = 10_000;
/** Steps between the MCS labels of neighbouring blocks. */
const MCS_STEP = 5;

export function startProjectAccounts(context: ControllerContext): void {
  for (const name of ['builder', 'deployer']) keepAccount(context, name);
  keepCaBundle(context, {
    name: 'openshift-service-ca.crt',
    key: 'service-ca.crt',
    annotations: { 'service.beta.openshift.io/inject-cabundle': 'true' },
  });
}

/** Gives each namespace its range of user ids and its MCS label. */
export function startSecurityAllocator(context: ControllerContext): void {
  const namespaces: Informer<Namespace> = context.informer('namespaces');
  const taken = new Set<number>();
  const queue = context.reconcile('securityallocation', ['namespaces'], sync);
  const note = (object: KubeObject): void => {
    const range = object.metadata.annotations?.[UID_RANGE];
    if (range !== undefined) taken.add(blockOf(range));
  };
  namespaces.subscribe({ add: note, update: note });
  enqueueChanges(namespaces, queue);

  function* sync(key: string): Proc<Outcome> {
    const namespace = namespaces.items.get(key);
    if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined)
      return 'done';
    if (namespace.metadata.annotations?.[UID_RANGE] !== undefined) return 'done';
    let block = 1;
    while (taken.has(block)) block++;
    taken.add(block);
    const range = `${UID_FIRST + block * UID_BLOCK}/${UID_BLOCK}`;
    const response = yield* context.patch('namespaces', namespace, {
      metadata: {
        annotations: {
          [MCS]: mcsLabel((block - 1) * MCS_STEP),
          [GROUPS]: range,
          [UID_RANGE]: range,
        },
      },
    });
    return isSettled(response) ? 'done' : 'retry';
  }
}

function blockOf(range: string): number {
  return (Number(range.split('/')[0]) - UID_FIRST) / UID_BLOCK;
}

/** The n-th pair of categories: `s0:c1,c0`, `s0:c2,c0`, `s0:c2,c1`, … (mcs.Range.LabelAt). */
export function mcsLabel(offset: number): string {
  let high = 1;
  while (((high + 1) * high) / 2 <= offset) high++;
  return `s0:c${high},c${offset - (high * (high - 1)) / 2}`;
}
