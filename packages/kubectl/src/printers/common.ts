/**
 * Cells that several kinds share.
 */
import {
  type KubeObject,
  type LabelSelector,
  type PodTemplateSpec,
  formatSelector,
  selectorOf,
} from '@podwire/api';
import { ageOf } from '../human-duration.ts';

export function age(object: KubeObject, nowNs: number): string {
  return ageOf(object.metadata.creationTimestamp, nowNs);
}

/** Names and images of a template's containers. */
export function containerCells(template: PodTemplateSpec | undefined): [string, string] {
  const containers = template?.spec.containers ?? [];
  return [
    containers.map((container) => container.name).join(','),
    containers.map((container) => container.image ?? '').join(','),
  ];
}

/** metav1.FormatLabelSelector. */
export function selectorCell(selector: LabelSelector | undefined): string {
  const text = selector === undefined ? '' : formatSelector(selectorOf(selector));
  return text === '' ? '<none>' : text;
}

/** `a,b,c + 2 more...`: the first three. */
export function listWithMore(list: readonly string[], whenEmpty: string): string {
  if (list.length === 0) return whenEmpty;
  const shown = list.slice(0, 3).join(',');
  return list.length > 3 ? `${shown} + ${list.length - 3} more...` : shown;
}

/** `10.0.0.1:80`, `[fd00::1]:80`. */
export function hostPort(host: string, port: number | string): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
