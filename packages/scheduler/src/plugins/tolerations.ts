/**
 * Which taints a toleration covers (k8s.io/component-helpers/scheduling/corev1).
 */
import type { Taint, TaintEffect, Toleration } from '@podwire/api';

export function toleratesTaint(toleration: Toleration, taint: Taint): boolean {
  const { key = '', value = '', effect } = toleration;
  const operator: string = toleration.operator ?? '';
  if (effect !== undefined && String(effect) !== '' && effect !== taint.effect) return false;
  if (key !== '' && key !== taint.key) return false;
  if (operator === 'Exists') return true;
  return (operator === '' || operator === 'Equal') && value === (taint.value ?? '');
}

/** The first taint of these effects that no toleration covers. */
export function findUntoleratedTaint(
  taints: readonly Taint[] | undefined,
  tolerations: readonly Toleration[] | undefined,
  effects: readonly TaintEffect[],
): Taint | undefined {
  return taints?.find(
    (taint) =>
      effects.includes(taint.effect) &&
      tolerations?.some((toleration) => toleratesTaint(toleration, taint)) !== true,
  );
}
