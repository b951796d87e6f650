/**
 * What happens in one run, drawn from its seed: the cluster, its links, manifests, faults and traffic.
 *
 * The plan is data, so that a failing one can be printed and cut short (`--actions N`).
 */
import { NS_PER_MS, NS_PER_SEC, Rng } from '../../packages/base/src/index.ts';
import type { ClusterConfig, LinkSettings, Provider } from '../../packages/cluster/src/index.ts';
import { type Manifests, drawManifests, withFront } from './manifests.ts';

/** Numbers called `pick` choose among what is there when the action's time has come. */
export type Action =
  | { readonly kind: 'power'; readonly node: string; readonly on: boolean }
  | { readonly kind: 'cable'; readonly link: string; readonly isUp: boolean }
  | { readonly kind: 'impair'; readonly link: string; readonly lossPpm: number }
  | { readonly kind: 'partition'; readonly groups: readonly (readonly string[])[] }
  | { readonly kind: 'heal' }
  | {
      readonly kind: 'component';
      readonly host: string;
      readonly name: string;
      readonly running: boolean;
    }
  | { readonly kind: 'kill-container' | 'kill-sandbox' | 'delete-pod'; readonly pick: number }
  | { readonly kind: 'kubectl'; readonly line: string }
  | { readonly kind: 'traffic'; readonly from: From; readonly pick: number; readonly what: What };

export type From = 'client' | 'node' | 'pod';
export type What = 'service' | 'dns' | 'ping' | 'ping-big' | 'node-port' | 'nowhere' | 'upstream';

export interface TimedAction {
  readonly afterNs: number;
  readonly action: Action;
}

export interface Plan {
  readonly seed: string;
  readonly config: ClusterConfig;
  readonly link: LinkSettings;
  readonly nodes: readonly string[];
  readonly manifests: Manifests;
  readonly actions: readonly TimedAction[];
}

export interface PlanOptions {
  readonly actionCountMax?: number;
  /** Instead of the one that the seed draws. */
  readonly provider?: Provider;
}

export function drawPlan(
  seed: string,
  { actionCountMax = Infinity, provider: given }: PlanOptions = {},
): Plan {
  const rng = new Rng(`fuzz/${seed}`);
  const nodeCount = rng.between(1, 4);
  const nodes = Array.from({ length: nodeCount }, (_, index) => `node-${index + 1}`);
  const drawn = rng.pick(['bridge', 'bridge', 'vxlan', 'vxlan', 'none'] as const);
  const provider = given ?? drawn;
  const config: ClusterConfig = {
    nodes: nodeCount,
    provider,
    // Without a pod network between nodes the DNS server is reached on its own node alone.
    dnsReplicas: rng.between(0, 2),
    ...(rng.below(6) === 0 ? { distribution: 'openshift' as const } : {}),
    ...(rng.below(3) === 0 ? { podGateway: 'last' as const } : {}),
    ...(rng.below(3) === 0 ? { hairpin: true } : {}),
    ...(rng.below(4) === 0 ? { kubeProxy: { masqueradeAll: true } } : {}),
  };
  const latencyNs = rng.pick([20_000, 50_000, 500_000, 5 * NS_PER_MS]);
  const link: LinkSettings = {
    latencyNs,
    jitterNs: rng.below(2) === 0 ? 0 : rng.between(1, latencyNs),
    lossPpm: rng.pick([0, 0, 0, 100, 2_000]),
    ...(rng.below(4) === 0 ? { rateBytesPerSec: 12_500_000 } : {}),
  };
  const balancer = drawBalancer(rng.fork('edge'), provider);
  const plain = drawManifests(rng.fork('manifests'), nodeCount);
  const manifests = balancer === undefined ? plain : withFront(plain, rng.fork('front'), balancer);
  const draw = new ActionDraw(rng.fork('actions'), nodes, manifests);
  const actionCount = rng.between(4, 24);
  const actions = Array.from({ length: actionCount }, () => draw.next());
  return {
    seed,
    config: {
      ...config,
      ...(balancer === undefined ? {} : { edge: { loadBalancer: { provider: balancer } } }),
    },
    link,
    nodes,
    manifests,
    actions: actions.slice(0, actionCountMax),
  };
}

/** Who gives addresses to Services. Without a pod network MetalLB's controller could not speak with the API server. */
function drawBalancer(rng: Rng, provider: string): 'cloud' | 'metallb' | undefined {
  const drawn = rng.pick([undefined, 'cloud', 'metallb'] as const);
  return provider === 'none' ? undefined : drawn;
}

class ActionDraw {
  readonly #rng: Rng;
  readonly #nodes: readonly string[];
  readonly #manifests: Manifests;

  constructor(rng: Rng, nodes: readonly string[], manifests: Manifests) {
    this.#rng = rng;
    this.#nodes = nodes;
    this.#manifests = manifests;
  }

  next(): TimedAction {
    const rng = this.#rng;
    const afterNs = rng.pick([
      0,
      1,
      10 * NS_PER_MS,
      700 * NS_PER_MS,
      3 * NS_PER_SEC,
      20 * NS_PER_SEC,
    ]);
    return { afterNs, action: rng.below(2) === 0 ? this.#traffic() : this.#change() };
  }

  #traffic(): Action {
    const rng = this.#rng;
    return {
      kind: 'traffic',
      from: rng.pick(['client', 'node', 'pod', 'pod'] as const),
      pick: rng.below(1000),
      what: rng.pick([
        'service',
        'service',
        'dns',
        'ping',
        'ping-big',
        'node-port',
        'nowhere',
        'upstream',
      ] as const),
    };
  }

  #change(): Action {
    const rng = this.#rng;
    const node = rng.pick(this.#nodes);
    const pick = rng.below(1000);
    const on = rng.below(2) === 0;
    switch (rng.below(11)) {
      case 0:
        return { kind: 'power', node, on };
      case 1:
        return { kind: 'cable', link: this.#link(), isUp: on };
      case 2:
        return { kind: 'impair', link: this.#link(), lossPpm: rng.pick([0, 50_000, 300_000]) };
      case 3:
        return this.#partition();
      case 4:
        return { kind: 'heal' };
      case 5:
        return {
          kind: 'component',
          host: node,
          name: rng.pick(['kubelet', 'kube-proxy']),
          running: on,
        };
      case 6: {
        const name = rng.pick(['controller-manager', 'scheduler']);
        return { kind: 'component', host: 'control-plane', name, running: on };
      }
      case 7:
        return { kind: 'kill-container', pick };
      case 8:
        return { kind: 'kill-sandbox', pick };
      case 9:
        return { kind: 'delete-pod', pick };
      default:
        return { kind: 'kubectl', line: this.#kubectl(node) };
    }
  }

  #link(): string {
    return `${this.#rng.pick([...this.#nodes, 'control-plane', 'router', 'client'])}/eth0`;
  }

  #partition(): Action {
    const groups: string[][] = [[], []];
    for (const name of [...this.#nodes, 'control-plane', 'router']) {
      groups[this.#rng.below(2)]?.push(name);
    }
    return { kind: 'partition', groups };
  }

  #kubectl(node: string): string {
    const rng = this.#rng;
    const app = rng.pick(this.#manifests.apps);
    const target = `${app.kind.toLowerCase()}/${app.name}`;
    const lines = [
      `cordon ${node}`,
      `uncordon ${node}`,
      `rollout restart ${target}`,
      `label nodes ${node} fuzz=${rng.below(3)} --overwrite`,
      `annotate service ${app.name} fuzz=${rng.below(3)} --overwrite`,
    ];
    if (app.kind !== 'DaemonSet') lines.push(`scale ${target} --replicas=${rng.below(6)}`);
    return rng.pick(lines);
  }
}
