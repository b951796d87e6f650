/**
 * What controllers of Services of type LoadBalancer share: which are theirs, and how they write into them.
 */
import { type ApiClient, type Service, makeKey } from '@podwire/api';
import type { Proc } from '@podwire/engine';

/** One of another class is left to whoever has that class. */
export function wantsBalancer({ metadata, spec }: Service): boolean {
  const isOwn = spec.type === 'LoadBalancer' && spec.loadBalancerClass === undefined;
  return isOwn && metadata.deletionTimestamp === undefined;
}

export function serviceKey({ metadata }: Service): string {
  return makeKey(metadata.namespace, metadata.name);
}

export function* patchService(
  client: ApiClient,
  { metadata }: Service,
  body: object,
  subresource?: 'status',
): Proc {
  yield* client.request({
    verb: 'patch',
    patchType: 'merge-patch',
    resource: 'services',
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    ...(subresource === undefined ? {} : { subresource }),
    body,
  });
}
