/**
 * The words of `oc status` for single objects (openshift/oc pkg/helpers/describe projectstatus.go).
 */
import type { Pod, ReplicaSet, ReplicationController, Route, Service } from '@podwire/api';

/** How far the rollout of a DeploymentConfig's revision has come. */
export function revisionText(
  { metadata }: ReplicationController,
  phase: string,
  since: string,
): string {
  const { annotations = {} } = metadata;
  const isCancelled = annotations['openshift.io/deployment.cancelled'] === 'true';
  const cancelling = isCancelled ? ' (cancelling)' : '';
  const reason = annotations['openshift.io/deployment.status-reason'] ?? '';
  switch (phase) {
    case 'Complete':
      return `deployed ${since} ago`;
    case 'Failed':
      return `failed ${since} ago${reason === '' ? '' : `: ${reason}`}`;
    case 'Running':
      return `running${cancelling} for ${since}`;
    default:
      return `${phase.toLowerCase()}${cancelling} ${since} ago`;
  }
}

/** What a pod runs. */
export function podText({ metadata, spec }: Pod): string {
  return `pod/${metadata.name} runs ${spec.containers.map(({ image = '' }) => image).join(', ')}`;
}

/** Where a Route is reached, or why it is not. */
export function routeText({ spec, status, metadata }: Route): string {
  const host = spec.host ?? '';
  const refused = (status?.ingress ?? []).flatMap(
    ({ conditions }) =>
      conditions?.find((each) => each.type === 'Admitted' && each.status === 'False')?.reason ?? [],
  );
  if (refused.length > 0) return `route/${metadata.name} not accepted: ${refused[0] ?? ''}`;
  if (host === '') return `route/${metadata.name} has no host set`;
  const termination = spec.tls?.termination;
  const insecure = spec.tls?.insecureEdgeTerminationPolicy;
  const extra =
    termination === 'passthrough' || termination === 'reencrypt'
      ? ` (${termination})`
      : insecure === 'Redirect'
        ? ' (redirects)'
        : insecure === 'Allow'
          ? ' (and http)'
          : '';
  const address = spec.tls === undefined ? `http://${host}` : `https://${host}${extra}`;
  return spec.port === undefined ? address : `${address} to pod port ${spec.port.targetPort}`;
}

/** Address and ports of a Service. */
export function serviceText({ spec }: Service): string {
  const ports = spec.ports ?? [];
  const address = spec.clusterIP ?? '';
  const [only] = ports;
  if (only === undefined) return `${address} no ports`;
  if (ports.length === 1) {
    const target = only.targetPort ?? only.port;
    return `${address}:${only.port}${target === only.port ? '' : ` -> ${target}`}`;
  }
  const pairs = ports.map(({ port, targetPort = port }) =>
    port === targetPort ? String(port) : `${port}->${targetPort}`,
  );
  return `${address} ports ${pairs.join(', ')}`;
}

/** ` - 3 pods`, ` - 1/3 pods growing to 3`. */
export function podSummary(
  { spec, status }: ReplicaSet | ReplicationController,
  saysNone: boolean,
): string {
  const [ready, actual, wanted] = [
    status?.readyReplicas ?? 0,
    status?.replicas ?? 0,
    spec.replicas ?? 0,
  ];
  let text = `${ready}/${wanted} pods`;
  if (ready === wanted) {
    if (ready === 0 && !saysNone) return '';
    text = ready === 1 ? '1 pod' : `${ready} pods`;
  }
  const change =
    wanted < actual ? ` reducing to ${wanted}` : wanted > actual ? ` growing to ${wanted}` : '';
  return ` - ${text}${change}`;
}
