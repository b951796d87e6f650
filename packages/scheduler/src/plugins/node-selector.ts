/**
 * Node selectors and node affinity terms matched against a node
 * (k8s.io/component-helpers/scheduling/corev1/nodeaffinity).
 */
import type {
  Node,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  Pod,
} from '@podwire/api';

const INTEGER = /^[+-]?\d+$/;

/** nodeSelector and required node affinity: both must hold. */
export function matchesRequiredNodeAffinity(pod: Pod, node: Node): boolean {
  const labels = node.metadata.labels;
  for (const [key, value] of Object.entries(pod.spec.nodeSelector ?? {})) {
    if (labels === undefined || !Object.hasOwn(labels, key) || labels[key] !== value) return false;
  }
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || matchesNodeSelector(required, node);
}

/** The terms are ORed; an empty term matches nothing. */
export function matchesNodeSelector(selector: NodeSelector, node: Node): boolean {
  return selector.nodeSelectorTerms.some((term) => matchesNodeSelectorTerm(term, node));
}

export function matchesNodeSelectorTerm(term: NodeSelectorTerm, node: Node): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  const { labels, name } = node.metadata;
  for (const requirement of matchExpressions) {
    const value =
      labels !== undefined && Object.hasOwn(labels, requirement.key)
        ? labels[requirement.key]
        : undefined;
    if (!matchesRequirement(requirement, value)) return false;
  }
  for (const requirement of matchFields) {
    const value = requirement.key === 'metadata.name' ? name : undefined;
    if (!matchesRequirement(requirement, value)) return false;
  }
  return true;
}

function matchesRequirement(
  { operator, values = [] }: NodeSelectorRequirement,
  value: string | undefined,
): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
    case 'Lt': {
      const [bound] = values;
      if (value === undefined || bound === undefined) return false;
      if (!INTEGER.test(value) || !INTEGER.test(bound)) return false;
      const difference = BigInt(value) - BigInt(bound);
      return operator === 'Gt' ? difference > 0n : difference < 0n;
    }
    default:
      return false;
  }
}
