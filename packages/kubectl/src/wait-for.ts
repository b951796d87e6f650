/**
 * Waits until an object is as wanted: reads it, then watches it; reads again when the stream breaks.
 */
import { type KindInfo, type KubeObject, type WatchEvent, qualifiedResource } from '@podwire/api';
import { NS_PER_SEC } from '@podwire/base';
import { type Proc, Signal, sleep, waitAny } from '@podwire/engine';
import { type Failure, hasReason, isFailure } from './failure.ts';
import { type Session, scope } from './session.ts';

export interface WatchTarget {
  readonly info: KindInfo;
  readonly namespace: string | undefined;
  readonly name: string;
}

/** `undefined` = there is no such object. True or a failure ends the wait. */
export type Judge = (object: KubeObject | undefined) => boolean | Failure;

/** How long after a broken stream kubectl asks again. */
const RETRY_NS = NS_PER_SEC;

export function* waitFor(
  session: Session,
  target: WatchTarget,
  judge: Judge,
  timeoutNs: number | undefined,
): Proc<'met' | 'timeout' | Failure> {
  const deadlineNs = timeoutNs === undefined ? undefined : session.nowNs() + timeoutNs;
  for (;;) {
    const present = yield* session.get(target.info, target.namespace, target.name);
    const isGone = isFailure(present) && hasReason(present, 'NotFound');
    if (isFailure(present) && !isGone && present.isTransport !== true) return present;
    let resourceVersion = '0';
    if (!isFailure(present) || isGone) {
      const verdict = judge(isFailure(present) ? undefined : present);
      if (verdict !== false) return verdict === true ? 'met' : verdict;
      if (!isFailure(present)) resourceVersion = present.metadata.resourceVersion ?? '0';
    }
    const outcome = yield* watchOnce(session, target, judge, resourceVersion, deadlineNs);
    if (outcome !== 'broken') return outcome;
    if (deadlineNs !== undefined && session.nowNs() + RETRY_NS > deadlineNs) return 'timeout';
    yield* sleep(RETRY_NS);
  }
}

function* watchOnce(
  session: Session,
  target: WatchTarget,
  judge: Judge,
  resourceVersion: string,
  deadlineNs: number | undefined,
): Proc<'met' | 'timeout' | 'broken' | Failure> {
  const changed = new Signal();
  let verdict: boolean | Failure = false;
  const watcher = session.ctx.sim.spawn(
    'kubectl-watch',
    session.ctx.client.watch(
      {
        verb: 'watch',
        resource: qualifiedResource(target.info),
        ...scope(target.info, target.namespace),
        query: { fieldSelector: `metadata.name=${target.name}`, resourceVersion },
      },
      (event: WatchEvent) => {
        if (verdict !== false || event.type === 'BOOKMARK' || event.type === 'ERROR') return;
        verdict = judge(event.type === 'DELETED' ? undefined : event.object);
        if (verdict !== false) changed.notify();
      },
    ),
  );
  try {
    for (;;) {
      const now = current();
      if (now !== false) return now === true ? 'met' : now;
      if (watcher.isDone) return 'broken';
      const leftNs = deadlineNs === undefined ? undefined : deadlineNs - session.nowNs();
      if (leftNs !== undefined && leftNs <= 0) return 'timeout';
      yield* waitAny([changed, watcher.done], leftNs);
    }
  } finally {
    watcher.cancel();
  }

  function current(): boolean | Failure {
    return verdict;
  }
}
