/**
 * W4: the event queue alone, as it stands in the kernel of a shard: take the first event, put one in at a
 * random later time, with so many pending throughout (the "hold" model of queue benchmarks).
 */
import { assert } from '@podwire/base';
import { Kernel } from '@podwire/engine';
import type { Outcome, ParameterValues, Workload } from './workload.ts';

/** Mean time to an event per pending one: the clock moves on as fast for any number of them. */
const SPACING_NS = 1000;
const ACTOR_COUNT = 64;

export const eventQueue: Workload = {
  name: 'event-queue',
  what: 'the event queue alone: one event out, one in, so many pending',
  parameters: [
    { name: 'pending', what: 'events in the queue', default: 1000, max: 5_000_000, smoke: 100 },
    { name: 'events', what: 'events out and in', default: 10_000_000, smoke: 10_000 },
  ],
  variants: [{ pending: 1000 }, { pending: 100_000 }],
  rounds: 3,
  warmUps: 1,
  prepare,
};

function prepare(values: ParameterValues): () => Outcome {
  const pending = values.number('pending');
  const events = values.number('events');
  const { queue } = new Kernel({ seed: 'event-queue' });
  const spanNs = 2 * SPACING_NS * pending;
  const body = (): void => undefined;
  let state = 1;
  let seq = 0;
  for (; seq < pending; seq++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    queue.push(1 + delayOf(state, spanNs), seq % ACTOR_COUNT, 0, seq, body);
  }
  return () => {
    let checksum = 0;
    for (let number = 0; number < events; number++) {
      queue.takeBefore(Infinity);
      checksum = (Math.imul(checksum, 31) + queue.srcSeq + queue.dst) | 0;
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      queue.push(queue.atNs + delayOf(state, spanNs), seq % ACTOR_COUNT, 0, seq, body);
      seq++;
    }
    assert(queue.size === pending, 'as many events as before');
    return {
      work: { events, pending },
      counted: 'events',
      digest: `${(checksum >>> 0).toString(16).padStart(8, '0')}-${queue.nextNs}`,
    };
  };
}

/** At least 1 ns, evenly up to the span. */
function delayOf(state: number, spanNs: number): number {
  return 1 + Math.floor((state / 2 ** 32) * spanNs);
}
