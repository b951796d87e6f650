/**
 * What MetalLB's admission webhooks refuse (internal/config of metallb/metallb 0.16): ranges that cannot be read and
 * pools that overlap.
 */
import { type IpRange, parseIpRange, rangesOverlap } from '@podwire/base';
import type { KubeObject } from '../types/meta.ts';
import type { IpAddressPool } from '../types/metallb.ts';

/** The message of the webhook; `others` are the objects of the kind that are there. */
export function denyAddressPool(
  object: KubeObject,
  others: readonly KubeObject[],
): string | undefined {
  const why = poolProblem(object as IpAddressPool, others as readonly IpAddressPool[]);
  if (why === undefined) return undefined;
  return `admission webhook "ipaddresspoolvalidationwebhook.metallb.io" denied the request: ${why}`;
}

function poolProblem(pool: IpAddressPool, others: readonly IpAddressPool[]): string | undefined {
  const { name, namespace } = pool.metadata;
  const addresses = pool.spec.addresses ?? [];
  const parsing = `parsing address pool ${name}`;
  if (addresses.length === 0) return `${parsing}: pool has no prefixes defined`;
  const taken: (readonly [text: string, range: IpRange])[] = others
    .filter(({ metadata }) => metadata.name !== name || metadata.namespace !== namespace)
    .flatMap(({ spec }) =>
      (spec.addresses ?? []).map((text) => [text, parseIpRange(text)] as const),
    )
    .flatMap(([text, range]) => (typeof range === 'string' ? [] : [[text, range] as const]));
  for (const text of addresses) {
    const range = parseIpRange(text);
    if (typeof range === 'string') {
      return `${parsing}: invalid CIDR ${JSON.stringify(text)} in pool ${JSON.stringify(name)}: ${range}`;
    }
    const other = taken.find(([, each]) => rangesOverlap(each, range));
    if (other !== undefined) {
      return `CIDR ${JSON.stringify(text)} in pool ${JSON.stringify(name)} overlaps with already defined CIDR ${JSON.stringify(other[0])}`;
    }
    taken.push([text, range]);
  }
  return undefined;
}
