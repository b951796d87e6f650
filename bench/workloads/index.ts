/**
 * All macro-benchmarks, in the order in which they are listed and run.
 */
import { eventQueue } from './event-queue.ts';
import { schedule } from './schedule.ts';
import { growth } from './growth.ts';
import { servicePath } from './service-path.ts';
import { shortConnections } from './short-connections.ts';
import { sparseThreads } from './sparse-threads.ts';
import { tcpBulk } from './tcp-bulk.ts';
import { twoWorkers } from './two-workers.ts';
import { udpStar } from './udp-star.ts';
import type { Workload } from './workload.ts';

export const WORKLOADS: readonly Workload[] = [
  udpStar,
  tcpBulk,
  shortConnections,
  eventQueue,
  servicePath,
  twoWorkers,
  sparseThreads,
  schedule,
  growth,
];
