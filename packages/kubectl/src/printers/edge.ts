/**
 * Ingresses, IngressClasses, Routes and MetalLB's kinds in `kubectl get` and `oc get`.
 */
import type {
  Ingress,
  IngressClass,
  IpAddressPool,
  KubeObject,
  L2Advertisement,
  Route,
} from '@podwire/api';
import { age } from './common.ts';
import { type TablePrinter, columns } from './table.ts';

/** Load balancer addresses are cut to this many characters without `-o wide`. */
const ADDRESS_WIDTH = 16;

export const ingressPrinter: TablePrinter = {
  columns: columns('Name|Class|Hosts|Address|Ports|Age'),
  cells(object: KubeObject, nowNs: number, isWide: boolean): string[] {
    const ingress = object as Ingress;
    const { spec } = ingress;
    return [
      ingress.metadata.name,
      spec.ingressClassName ?? '<none>',
      hostsCell(ingress),
      ingressAddress(ingress, isWide),
      (spec.tls ?? []).length > 0 ? '80, 443' : '80',
      age(object, nowNs),
    ];
  },
};

const HOSTS_SHOWN = 3;

function hostsCell({ spec }: Ingress): string {
  const hosts = (spec.rules ?? []).flatMap(({ host = '' }) => (host === '' ? [] : [host]));
  if (hosts.length === 0) return '*';
  const shown = hosts.slice(0, HOSTS_SHOWN).join(',');
  return hosts.length > HOSTS_SHOWN ? `${shown} + ${hosts.length - HOSTS_SHOWN} more...` : shown;
}

/** Addresses and names of the status, as get (cut) and describe (whole) show them. */
export function ingressAddress(ingress: Ingress, isWhole: boolean): string {
  const names = new Set<string>();
  for (const { ip = '', hostname = '' } of ingress.status?.loadBalancer?.ingress ?? []) {
    if (ip !== '' || hostname !== '') names.add(ip === '' ? hostname : ip);
  }
  const text = [...names].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).join(',');
  return isWhole || text.length <= ADDRESS_WIDTH ? text : `${text.slice(0, ADDRESS_WIDTH - 3)}...`;
}

export const ingressClassPrinter: TablePrinter = {
  columns: columns('Name|Controller|Parameters|Age'),
  cells(object: KubeObject, nowNs: number): string[] {
    const { metadata, spec } = object as IngressClass;
    const parameters = spec.parameters;
    const group = parameters?.apiGroup === undefined ? '' : `.${parameters.apiGroup}`;
    return [
      metadata.name,
      spec.controller ?? '',
      parameters === undefined ? '<none>' : `${parameters.kind}${group}/${parameters.name}`,
      age(object, nowNs),
    ];
  },
};

/** The columns of the OpenShift API server; there is no age. */
export const routePrinter: TablePrinter = {
  columns: columns('Name|Host/Port|Path|Services|Port|Termination|Wildcard'),
  cells(object: KubeObject): string[] {
    const { metadata, spec } = object as Route;
    return [
      metadata.name,
      routeHostCell(object as Route),
      spec.path ?? '',
      routeServicesCell(object as Route),
      spec.port === undefined ? '<all>' : String(spec.port.targetPort),
      terminationCell(object as Route),
      spec.wildcardPolicy ?? '',
    ];
  },
};

function routeHostCell({ spec, status }: Route): string {
  let host = spec.host ?? '';
  let reason = '';
  let isMatched = false;
  let admitted = 0;
  let rejected = 0;
  for (const ingress of status?.ingress ?? []) {
    const condition = ingress.conditions?.find(({ type }) => type === 'Admitted');
    if (condition?.status === 'True') {
      admitted++;
      if (!isMatched) {
        isMatched = ingress.host === spec.host;
        host = ingress.host ?? '';
      }
    } else if (condition?.status === 'False') {
      rejected++;
      reason = condition.reason ?? '';
    }
  }
  if (rejected > 0 && admitted === 0) return reason;
  if (rejected > 0) return `${host} ... ${rejected} rejected`;
  return admitted > 1 ? `${host} ... ${admitted - 1} more` : host;
}

function routeServicesCell({ spec }: Route): string {
  const targets = [spec.to, ...(spec.alternateBackends ?? [])];
  if (targets.length === 1) return spec.to.name;
  const total = targets.reduce((sum, { weight = 0 }) => sum + weight, 0);
  return targets
    .map(({ name, weight = 0 }) => {
      const percent = total === 0 ? 0 : Math.floor((weight * 100) / total);
      return `${name}(${percent}%)`;
    })
    .join(',');
}

function terminationCell({ spec }: Route): string {
  const termination = spec.tls?.termination ?? '';
  const policy = spec.tls?.insecureEdgeTerminationPolicy ?? '';
  if (policy === '') return termination;
  return `${termination === '' ? 'default' : termination}/${policy}`;
}

/** additionalPrinterColumns of the CRD: lists are printed as JSON, there is no age. */
export const addressPoolPrinter: TablePrinter = {
  columns: columns('Name|Auto Assign|Avoid Buggy IPs|Addresses'),
  cells(object: KubeObject): string[] {
    const { metadata, spec } = object as IpAddressPool;
    return [
      metadata.name,
      String(spec.autoAssign ?? ''),
      String(spec.avoidBuggyIPs ?? ''),
      jsonCell(spec.addresses),
    ];
  },
};

export const l2AdvertisementPrinter: TablePrinter = {
  columns: columns('Name|IPAddressPools|IPAddressPool Selectors|Interfaces', 'Node Selectors'),
  cells(object: KubeObject): string[] {
    const { metadata, spec = {} } = object as L2Advertisement;
    return [
      metadata.name,
      jsonCell(spec.ipAddressPools),
      jsonCell(spec.ipAddressPoolSelectors),
      jsonCell(spec.interfaces),
      jsonCell(spec.nodeSelectors),
    ];
  },
};

function jsonCell(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value);
}
