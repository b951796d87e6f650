/**
 * What ovnkube-node writes into the host's nat table (ovn-kubernetes go-controller/pkg/node/gateway_iptables.go): the
 * way from the node itself to its own node ports and to external addresses, and the management port's SNAT.
 *
 * A packet of the host for one of its own addresses would never leave it: it is sent to the service's cluster IP
 * instead, which is routed to br-ex, or with externalTrafficPolicy Local to 169.254.169.3, which the node's
 * switch balances over local endpoints. What the host forwards into OVN gets the management port's address,
 * so that answers come back the same way.
 * The rules of services are the same on all nodes of a thread that have seen the same (docs/adr/0023), and a node has
 * none of these chains before it first needs one. Not modelled: REDIRECT to local endpoints on the host network.
 */
import { type Ip, PersistentMap, formatIp, must } from '@podwire/base';
import { compareText } from '@podwire/api';
import {
  Recent,
  type ServicePortInfo,
  type ServicePorts,
  type Standing,
  keyOfPort,
} from '@podwire/kubeproxy';
import {
  type NetNs,
  type Rule,
  type SharedChain,
  type SharedChains,
  ensureChains,
  netfilterOf,
  readRules,
} from '@podwire/netstack';
import { LOCAL_MASQUERADE_IP, MANAGEMENT_PORT } from './topology.ts';

const NODE_PORT = 'OVN-KUBE-NODEPORT';
const EXTERNAL_IP = 'OVN-KUBE-EXTERNALIP';
const SNAT_MANAGEMENT = 'OVN-KUBE-SNAT-MGMTPORT';
const CHAINS = [NODE_PORT, EXTERNAL_IP, SNAT_MANAGEMENT];
const owns = (name: string): boolean => CHAINS.includes(name);

/** Rules that services ask for, by chain. */
interface ServiceRules {
  readonly nodePort: SharedChain;
  readonly externalIp: SharedChain;
  /** Sources that the management port leaves as they are. */
  readonly keepSource: readonly Rule[];
}

/** Service ports that nodes answer at from outside. */
type OutsidePorts = PersistentMap<ServicePortInfo>;

interface Made extends Standing {
  readonly ports: ServicePorts['ports'];
  readonly outside: OutsidePorts;
}

/** What the nodes of a thread share. */
export class SharedHostRules {
  readonly #recent: Recent<Made> = new Recent();
  readonly #made: WeakMap<ServicePorts, OutsidePorts> = new WeakMap();
  readonly #rules: WeakMap<OutsidePorts, ServiceRules> = new WeakMap();

  constructor() {
    this.#recent.add({ at: [0, 0], ports: new PersistentMap(), outside: new PersistentMap() });
  }

  /** Ports that need rules, of a version of Services. */
  outside(version: number, services: ServicePorts): OutsidePorts {
    const { ports } = services;
    let found = this.#made.get(services);
    if (found === undefined) {
      const at = [version, 0] as const;
      const last = must(this.#recent.nearest(at), 'there is always one');
      found = nextOutside(last, ports);
      this.#recent.add({ at, ports, outside: found });
      this.#made.set(services, found);
    }
    return found;
  }

  rules(outside: OutsidePorts): ServiceRules {
    let found = this.#rules.get(outside);
    if (found === undefined) {
      found = makeRules(outside);
      this.#rules.set(outside, found);
    }
    return found;
  }
}

function nextOutside(last: Made, ports: ServicePorts['ports']): OutsidePorts {
  const changes = new Map<string, ServicePortInfo | undefined>();
  last.ports.diff(ports, (_key, old, now) => {
    for (const info of old ?? []) if (isOutside(info)) changes.set(keyOfPort(info), undefined);
    for (const info of now ?? []) if (isOutside(info)) changes.set(keyOfPort(info), info);
  });
  return changes.size === 0 ? last.outside : last.outside.with(changes);
}

function isOutside(info: ServicePortInfo): boolean {
  return info.nodePort !== 0 || info.externalIPs.length > 0 || info.loadBalancerVIPs.length > 0;
}

function makeRules(outside: OutsidePorts): ServiceRules {
  const infos = [...outside.entries()].sort(([one], [other]) => compareText(one, other));
  const nodePort: string[] = [];
  const externalIp: string[] = [];
  const keepSource: string[] = [];
  for (const [, info] of infos) {
    const { proto, clusterIP, port, isExternalLocal } = info;
    const isLocal = isExternalLocal && info.nodePort !== 0;
    const to = isLocal
      ? `${formatIp(LOCAL_MASQUERADE_IP)}:${info.nodePort}`
      : `${clusterIP}:${port}`;
    const dnat = `-j DNAT --to-destination ${to}`;
    if (info.nodePort !== 0) {
      const match = `-p ${proto} -m addrtype --dst-type LOCAL -m ${proto} --dport ${info.nodePort}`;
      nodePort.push(`-A ${NODE_PORT} ${match} ${dnat}`);
    }
    for (const address of [...info.externalIPs, ...info.loadBalancerVIPs]) {
      const match = `-d ${address}/32 -p ${proto} -m ${proto} --dport ${port}`;
      externalIp.push(`-A ${EXTERNAL_IP} ${match} ${dnat}`);
    }
    if (isLocal) {
      const match = `-p ${proto} -m ${proto} --dport ${info.nodePort}`;
      keepSource.push(`-A ${SNAT_MANAGEMENT} ${match} -j RETURN`);
    }
  }
  return {
    nodePort: chainOf(NODE_PORT, readRules('nat', nodePort)),
    externalIp: chainOf(EXTERNAL_IP, readRules('nat', externalIp)),
    keepSource: readRules('nat', keepSource),
  };
}

function chainOf(name: string, rules: readonly Rule[]): SharedChain {
  return { name, rules, length: rules.length };
}

/** The chains of one node. */
export class HostRules {
  readonly #ns: NetNs;
  readonly #shared: SharedHostRules;
  readonly #snat: readonly Rule[];
  #outside: OutsidePorts = new PersistentMap();
  #isThere = false;

  constructor(ns: NetNs, shared: SharedHostRules, management: Ip) {
    this.#ns = ns;
    this.#shared = shared;
    const what = '-m comment --comment "OVN SNAT to Management Port"';
    this.#snat = readRules('nat', [
      `-A ${SNAT_MANAGEMENT} -o ${MANAGEMENT_PORT} ${what} -j SNAT --to-source ${formatIp(management)}`,
    ]);
  }

  /** The services of a version are in force. */
  update(version: number, ports: ServicePorts): void {
    const outside = this.#shared.outside(version, ports);
    if (outside === this.#outside) return;
    this.#outside = outside;
    if (outside.size > 0 || this.#isThere) this.#write();
  }

  /** The host is to forward something into OVN. */
  ensure(): void {
    if (!this.#isThere) this.#write();
  }

  #write(): void {
    if (!this.#isThere) {
      const jumps = ['PREROUTING', 'OUTPUT'].flatMap((from) =>
        [NODE_PORT, EXTERNAL_IP].map((chain) => ({ from, words: ['-j', chain] })),
      );
      const words = ['-o', MANAGEMENT_PORT, '-j', SNAT_MANAGEMENT];
      ensureChains(this.#ns, 'nat', CHAINS, [...jumps, { from: 'POSTROUTING', words }]);
      this.#isThere = true;
    }
    const chains = new NodeChains(this.#shared.rules(this.#outside), this.#snat);
    const stands = netfilterOf(this.#ns).adopt('nat', chains, {
      written: CHAINS,
      owns,
      isFull: false,
    });
    if (stands !== undefined) throw new Error(`somebody jumps to ${stands}`);
  }
}

class NodeChains implements SharedChains {
  readonly needsConntrack = true;
  readonly #byName: ReadonlyMap<string, SharedChain>;

  constructor({ nodePort, externalIp, keepSource }: ServiceRules, snat: readonly Rule[]) {
    const management = chainOf(SNAT_MANAGEMENT, [...keepSource, ...snat]);
    this.#byName = new Map(
      [nodePort, externalIp, management].map((chain) => [chain.name, chain] as const),
    );
  }

  get(name: string): SharedChain | undefined {
    return this.#byName.get(name);
  }

  values(): Iterable<SharedChain> {
    return this.#byName.values();
  }

  hasGroup(): boolean {
    return false;
  }

  namesRecentList(): boolean {
    return false;
  }
}
