/**
 * Numbers that may be percentages (k8s.io/apimachinery/pkg/util/intstr).
 */
import type { IntOrString } from '@podwire/api';

export function scaledValue(
  value: IntOrString | undefined,
  total: number,
  rounding: 'up' | 'down',
): number {
  if (value === undefined) return 0;
  if (typeof value === 'number') return value;
  const match = /^(\d+)%$/.exec(value);
  if (match === null) return /^\d+$/.test(value) ? Number(value) : 0;
  const product = Number(match[1]) * total;
  return rounding === 'up' ? Math.ceil(product / 100) : Math.floor(product / 100);
}
