/**
 * `kubectl describe pod`.
 */
import { type KubeObject, type Pod, controllerOf } from '@podwire/api';
import type { Proc } from '@podwire/engine';
import { ageOf, longDate } from '../human-duration.ts';
import type { Session } from '../session.ts';
import { describeEvents, eventsAbout } from './events.ts';
import {
  describeContainers,
  describeResources,
  describeVolumes,
  spreadTexts,
  tolerationTexts,
} from './pod-parts.ts';
import { DescribeWriter } from './writer.ts';

export function* describePod(
  session: Session,
  object: KubeObject,
  hasEvents: boolean,
): Proc<string> {
  const pod = object as Pod;
  const w = new DescribeWriter();
  describeHead(w, pod, session.nowNs());
  const { spec, status = {} } = pod;
  if ((spec.initContainers ?? []).length > 0) {
    describeContainers(
      w,
      'Init Containers',
      spec.initContainers ?? [],
      status.initContainerStatuses ?? [],
      pod,
      '',
    );
  }
  describeContainers(w, 'Containers', spec.containers, status.containerStatuses ?? [], pod, '');
  if ((spec.ephemeralContainers ?? []).length > 0) {
    describeContainers(
      w,
      'Ephemeral Containers',
      spec.ephemeralContainers ?? [],
      status.ephemeralContainerStatuses ?? [],
      pod,
      '',
    );
  }
  if ((spec.readinessGates ?? []).length > 0) {
    w.line(0, 'Readiness Gates:\n  Type\tStatus');
    for (const { conditionType } of spec.readinessGates ?? []) {
      const met = status.conditions?.find(({ type }) => type === conditionType)?.status;
      w.line(1, `${conditionType} \t${met ?? '<none>'} `);
    }
  }
  if ((status.conditions ?? []).length > 0) {
    w.line(0, 'Conditions:\n  Type\tStatus');
    for (const condition of status.conditions ?? []) {
      w.line(1, `${condition.type} \t${condition.status} `);
    }
  }
  describeVolumes(w, spec.volumes ?? [], '');
  w.field(0, 'QoS Class', status.qosClass ?? 'BestEffort');
  w.labels('Node-Selectors', spec.nodeSelector);
  w.list(0, 'Tolerations', tolerationTexts(spec.tolerations));
  const spread = spreadTexts(spec);
  if (spread.length > 0) w.list(0, 'Topology Spread Constraints', spread);
  if (hasEvents) {
    const { uid } = pod.metadata;
    const events = yield* eventsAbout(session, pod, uid === undefined ? {} : { uid });
    describeEvents(w, events, session.nowNs());
  }
  return w.text();
}

function describeHead(w: DescribeWriter, pod: Pod, nowNs: number): void {
  const { metadata, spec, status = {} } = pod;
  w.field(0, 'Name', metadata.name);
  w.field(0, 'Namespace', metadata.namespace ?? '');
  if (spec.priority !== undefined) w.field(0, 'Priority', spec.priority);
  if ((spec.priorityClassName ?? '') !== '')
    w.field(0, 'Priority Class Name', spec.priorityClassName ?? '');
  if ((spec.runtimeClassName ?? '') !== '')
    w.field(0, 'Runtime Class Name', spec.runtimeClassName ?? '');
  if ((spec.serviceAccountName ?? '') !== '')
    w.field(0, 'Service Account', spec.serviceAccountName ?? '');
  const node = spec.nodeName ?? '';
  w.field(0, 'Node', node === '' ? '<none>' : `${node}/${status.hostIP ?? ''}`);
  if (status.startTime !== undefined) w.field(0, 'Start Time', longDate(status.startTime));
  w.labels('Labels', metadata.labels);
  w.annotations('Annotations', metadata.annotations);
  const isTerminal = status.phase === 'Failed' || status.phase === 'Succeeded';
  if (metadata.deletionTimestamp !== undefined && !isTerminal) {
    w.field(0, 'Status', `Terminating (lasts ${ageOf(metadata.deletionTimestamp, nowNs)})`);
    w.field(0, 'Termination Grace Period', `${metadata.deletionGracePeriodSeconds ?? 0}s`);
  } else {
    w.field(0, 'Status', status.phase ?? '');
  }
  if ((status.reason ?? '') !== '') w.field(0, 'Reason', status.reason ?? '');
  if ((status.message ?? '') !== '') w.field(0, 'Message', status.message ?? '');
  w.field(0, 'IP', status.podIP ?? '');
  const ips = status.podIPs ?? [];
  if (ips.length === 0) w.field(0, 'IPs', '<none>');
  else {
    w.line(0, 'IPs:');
    for (const { ip } of ips) w.field(1, 'IP', ip);
  }
  const owner = controllerOf(pod);
  if (owner !== undefined) w.field(0, 'Controlled By', `${owner.kind}/${owner.name}`);
  if ((status.nominatedNodeName ?? '') !== '')
    w.field(0, 'NominatedNodeName', status.nominatedNodeName ?? '');
  if (spec.resources !== undefined) {
    w.line(0, 'Resources:');
    describeResources(w, spec.resources, 1);
  }
}
