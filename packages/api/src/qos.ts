/**
 * The quality of service class of a pod (pkg/apis/core/helper/qos).
 */
import { compareQuantity } from './quantity.ts';
import { type Draft, child, items } from './draft.ts';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

const COMPUTE = ['cpu', 'memory'];

export function qosOf(spec: Draft): QosClass {
  let hasAny = false;
  let isGuaranteed = true;
  for (const list of ['containers', 'initContainers']) {
    for (const container of items(spec, list)) {
      const resources = child(container, 'resources');
      for (const name of COMPUTE) {
        const request = amount(child(resources, 'requests'), name);
        const limit = amount(child(resources, 'limits'), name);
        if (request !== undefined || limit !== undefined) hasAny = true;
        if (
          limit === undefined ||
          (request !== undefined && compareQuantity(request, limit) !== 0)
        ) {
          isGuaranteed = false;
        }
      }
    }
  }
  if (!hasAny) return 'BestEffort';
  return isGuaranteed ? 'Guaranteed' : 'Burstable';
}

/** Zero counts as not given. */
function amount(list: Draft | undefined, name: string): string | undefined {
  const value = list?.[name];
  return typeof value === 'string' && value !== '0' ? value : undefined;
}
