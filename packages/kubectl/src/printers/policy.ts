/**
 * PodDisruptionBudgets, PriorityClasses and Leases in `kubectl get`.
 */
import type { KubeObject, Lease, PodDisruptionBudget, PriorityClass } from '@podwire/api';
import { age } from './common.ts';
import { type TablePrinter, columns } from './table.ts';

export const podDisruptionBudgetPrinter: TablePrinter = {
  columns: columns('Name|Min Available|Max Unavailable|Allowed Disruptions|Age'),
  cells(object: KubeObject, nowNs: number): string[] {
    const { metadata, spec, status } = object as PodDisruptionBudget;
    return [
      metadata.name,
      String(spec.minAvailable ?? 'N/A'),
      String(spec.maxUnavailable ?? 'N/A'),
      String(status?.disruptionsAllowed ?? 0),
      age(object, nowNs),
    ];
  },
};

export const priorityClassPrinter: TablePrinter = {
  columns: columns('Name|Value|Global-Default|Age|PreemptionPolicy'),
  cells(object: KubeObject, nowNs: number): string[] {
    const priority = object as PriorityClass;
    return [
      priority.metadata.name,
      String(priority.value ?? 0),
      String(priority.globalDefault ?? false),
      age(object, nowNs),
      priority.preemptionPolicy ?? '<none>',
    ];
  },
};

export const leasePrinter: TablePrinter = {
  columns: columns('Name|Holder|Age'),
  cells(object: KubeObject, nowNs: number): string[] {
    const { metadata, spec } = object as Lease;
    return [metadata.name, spec?.holderIdentity ?? '', age(object, nowNs)];
  },
};
