/**
 * What the hosts of one shard share: the world's plan, images, and what all machines' files say.
 */
import { ObjectViews } from '@podwire/api';
import { type ScenarioImage, parseScenarioImages } from '@podwire/workloads';
import type { WorldSpec } from './world-spec.ts';

/** Durations counted in buckets, as the proxies of one thread kept them. */
export interface DurationCounts {
  readonly count: number;
  readonly sumNs: number;
  readonly maxNs: number;
  readonly buckets: number[];
}

export interface ProxyLatencies {
  readonly syncTime: DurationCounts;
  /** From the change of an endpoint to the rules that have it. */
  readonly networkProgramming: DurationCounts;
}

export class SharedWorld {
  readonly spec: WorldSpec;
  readonly images: ReadonlyMap<string, ScenarioImage>;
  readonly notices: string[] = [];
  /** What the nodes of this thread see of the API. */
  readonly views: ObjectViews = new ObjectViews();

  /** How long the proxies of this thread took, once one has started. */
  proxyLatencies: (() => ProxyLatencies) | undefined;

  constructor(spec: WorldSpec) {
    this.spec = spec;
    this.images = parseScenarioImages(spec.images);
  }

  /** Something that the user should know of a result, told once. */
  notice(text: string): void {
    if (!this.notices.includes(text)) this.notices.push(text);
  }

  /** /etc/resolv.conf of machines: nodes and outside hosts ask the upstream server. */
  get nodeResolvConf(): string {
    return this.spec.cluster.nodeResolvConf ?? `nameserver ${this.spec.upstreamAddress}\n`;
  }

  /** /etc/hosts of machines: every host by name. */
  hostsFile(hostname: string): string {
    const lines = ['127.0.0.1\tlocalhost', `127.0.1.1\t${hostname}`];
    for (const actor of this.spec.actors) {
      if (actor.kind !== 'host') continue;
      const address = actor.nics[0]?.cidr.split('/')[0];
      if (address !== undefined && actor.name !== hostname) lines.push(`${address}\t${actor.name}`);
    }
    return `${lines.join('\n')}\n`;
  }
}
