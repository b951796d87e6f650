/**
 * Service environment variables ({NAME}_SERVICE_HOST and the Docker-link ones).
 *
 * Source: kubelet envvars/envvars.go FromServices. Services of the pod's namespace, and `kubernetes` of
 * the default one.
 */
import type { Service } from '@podwire/api';

export function serviceEnv(
  services: Iterable<Service>,
  namespace: string,
): ReadonlyMap<string, string> {
  const chosen = new Map<string, Service>();
  for (const service of services) {
    const own = service.metadata.namespace ?? 'default';
    const { name } = service.metadata;
    const ip = service.spec.clusterIP;
    if (ip === undefined || ip === '' || ip === 'None') continue;
    if (own === namespace) chosen.set(name, service);
    else if (own === 'default' && name === 'kubernetes' && !chosen.has(name)) {
      chosen.set(name, service);
    }
  }
  const values = new Map<string, string>();
  for (const name of [...chosen.keys()].sort(compareText)) {
    const service = chosen.get(name);
    if (service !== undefined) addService(values, service);
  }
  return values;
}

function addService(values: Map<string, string>, service: Service): void {
  const prefix = service.metadata.name.toUpperCase().replaceAll('-', '_');
  const host = service.spec.clusterIP ?? '';
  const ports = service.spec.ports ?? [];
  const first = ports[0];
  if (first === undefined) return;
  values.set(`${prefix}_SERVICE_HOST`, host);
  values.set(`${prefix}_SERVICE_PORT`, String(first.port));
  for (const port of ports) {
    if (port.name === undefined || port.name === '') continue;
    const name = port.name.toUpperCase().replaceAll('-', '_');
    values.set(`${prefix}_SERVICE_PORT_${name}`, String(port.port));
  }
  ports.forEach((port, index) => {
    const protocol = port.protocol ?? 'TCP';
    const url = `${protocol.toLowerCase()}://${host}:${port.port}`;
    if (index === 0) values.set(`${prefix}_PORT`, url);
    const link = `${prefix}_PORT_${port.port}_${protocol}`;
    values.set(link, url);
    values.set(`${link}_PROTO`, protocol.toLowerCase());
    values.set(`${link}_PORT`, String(port.port));
    values.set(`${link}_ADDR`, host);
  });
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
