/**
 * Service ports by address, protocol and port: one index for all nodes of a thread that have seen the same.
 *
 * The next index is the nearest one before plus what differs, as with kube-proxy's views (docs/adr/0023).
 */
import { PersistentMap, formatIp, must } from '@podwire/base';
import {
  type EndpointInfo,
  Recent,
  type ServiceEntry,
  type ServicePortInfo,
  type ServiceView,
  type Standing,
  keyOfPort,
} from '@podwire/kubeproxy';
import { IpProto } from '@podwire/wire';

/** What answers at an address and port. */
export interface Vip {
  readonly info: ServicePortInfo;
  readonly endpoints: readonly EndpointInfo[];
  readonly kind: 'cluster' | 'external' | 'node-port';
}

export type VipIndex = PersistentMap<Vip>;

interface Made extends Standing {
  readonly entries: PersistentMap<ServiceEntry>;
  readonly index: VipIndex;
}

export class VipIndexes {
  readonly #made: WeakMap<ServiceView, VipIndex> = new WeakMap();
  readonly #recent: Recent<Made> = new Recent();

  constructor() {
    this.#recent.add({ at: [0, 0], entries: new PersistentMap(), index: new PersistentMap() });
  }

  of(view: ServiceView): VipIndex {
    let index = this.#made.get(view);
    if (index === undefined) {
      const last = must(this.#recent.nearest(view.at), 'there is always one');
      index = next(last, view.entries);
      this.#recent.add({ at: view.at, entries: view.entries, index });
      this.#made.set(view, index);
    }
    return index;
  }
}

function next(last: Made, entries: PersistentMap<ServiceEntry>): VipIndex {
  const gone = new Map<string, undefined>();
  const come = new Map<string, Vip>();
  last.entries.diff(entries, (_key, old, entry) => {
    for (const [key] of vipsOf(old)) gone.set(key, undefined);
    for (const [key, vip] of vipsOf(entry)) come.set(key, vip);
  });
  if (gone.size === 0 && come.size === 0) return last.index;
  return last.index.with(new Map<string, Vip | undefined>([...gone, ...come]));
}

const PROTOS = { tcp: IpProto.tcp, udp: IpProto.udp, sctp: IpProto.sctp } as const;

function* vipsOf(entry: ServiceEntry | undefined): Iterable<readonly [string, Vip]> {
  if (entry === undefined) return;
  for (const info of entry.ports) {
    const endpoints = entry.endpoints.get(keyOfPort(info)) ?? [];
    const proto = PROTOS[info.proto];
    yield [`${info.clusterIP} ${proto} ${info.port}`, { info, endpoints, kind: 'cluster' }];
    for (const address of [...info.externalIPs, ...info.loadBalancerVIPs]) {
      yield [`${address} ${proto} ${info.port}`, { info, endpoints, kind: 'external' }];
    }
    if (info.nodePort !== 0) {
      yield [nodePortKey(proto, info.nodePort), { info, endpoints, kind: 'node-port' }];
    }
  }
}

export function vipKey(address: number, proto: number, port: number): string {
  return `${formatIp(address)} ${proto} ${port}`;
}

export function nodePortKey(proto: number, port: number): string {
  return `node ${proto} ${port}`;
}
