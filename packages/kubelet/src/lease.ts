/**
 * The node's heartbeat: its Lease in kube-node-lease, renewed every quarter of its duration.
 *
 * Source: component-helpers/apimachinery/lease/controller.go. After repeated failures the kubelet closes
 * its connections, so that a healed network is used at once (nodelease onRepeatedHeartbeatFailure).
 */
import { NS_PER_SEC } from '@podwire/base';
import type { ApiClient, Lease } from '@podwire/api';
import { formatMicroTime } from '@podwire/api';
import { type HostSim, type Proc, sleep } from '@podwire/engine';

const FAILURES_BEFORE_RECONNECT = 5;
const MAX_UPDATE_RETRIES = 5;

export interface LeaseOptions {
  readonly nodeName: string;
  readonly nodeUid: () => string | undefined;
  readonly durationNs: number;
  readonly renewNs: number;
  /** Closes the connections to the API server. */
  readonly reconnect: () => void;
}

export function* renewLease(sim: HostSim, client: ApiClient, options: LeaseOptions): Proc {
  let known: Lease | undefined;
  let failures = 0;
  const jitter = sim.rng('kubelet/lease');
  for (;;) {
    for (let attempt = 0; attempt < MAX_UPDATE_RETRIES; attempt++) {
      const renewed: Lease | undefined = yield* putLease(sim, client, options, known);
      if (renewed !== undefined) {
        known = renewed;
        failures = 0;
        break;
      }
      known = undefined;
      failures++;
      if (failures >= FAILURES_BEFORE_RECONNECT) options.reconnect();
      yield* sleep(NS_PER_SEC);
    }
    // wait.JitterUntil with a factor of 0.04.
    yield* sleep(options.renewNs + jitter.below(Math.max(1, Math.floor(options.renewNs / 25))));
  }
}

function* putLease(
  sim: HostSim,
  client: ApiClient,
  options: LeaseOptions,
  known: Lease | undefined,
): Proc<Lease | undefined> {
  const place = { resource: 'leases', namespace: 'kube-node-lease' };
  const { nodeName } = options;
  let base = known;
  if (base === undefined) {
    const got = yield* client.request({ verb: 'get', ...place, name: nodeName });
    if (got.code === 200) base = got.body as Lease;
    else if (got.code !== 404) return undefined;
  }
  const spec = {
    holderIdentity: nodeName,
    leaseDurationSeconds: options.durationNs / NS_PER_SEC,
    renewTime: formatMicroTime(sim.nowNs()),
  };
  if (base !== undefined) {
    const body: Lease = { ...base, spec: { ...base.spec, ...spec } };
    const put = yield* client.request({ verb: 'update', ...place, name: nodeName, body });
    return put.code === 200 ? (put.body as Lease) : undefined;
  }
  const uid = options.nodeUid();
  const ownerReferences =
    uid === undefined ? [] : [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid }];
  const body: Lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: nodeName, namespace: 'kube-node-lease', ownerReferences },
    spec,
  };
  const made = yield* client.request({ verb: 'create', ...place, body });
  return made.code === 201 ? (made.body as Lease) : undefined;
}
