/**
 * `kubectl describe namespace|configmap|secret|serviceaccount`.
 */
import type { ConfigMap, KubeObject, Namespace, Secret, ServiceAccount } from '@podwire/api';
import { base64Size } from '../base64.ts';
import { longDate } from '../human-duration.ts';
import { sortedEntries } from '../json-value.ts';
import type { DescribeWriter } from './writer.ts';

export function describeNamespace(object: KubeObject, w: DescribeWriter): void {
  const { metadata, status } = object as Namespace;
  w.field(0, 'Name', metadata.name);
  w.labels('Labels', metadata.labels);
  w.annotations('Annotations', metadata.annotations);
  w.field(0, 'Status', status?.phase ?? '');
  const conditions = status?.conditions ?? [];
  if (conditions.length > 0) {
    w.line(0, 'Conditions:\n  Type\tStatus\tLastTransitionTime\tReason\tMessage');
    w.line(1, '----\t------\t------------------\t------\t-------');
    for (const c of conditions) {
      w.line(
        1,
        `${c.type}\t${c.status}\t${longDate(c.lastTransitionTime)}\t${c.reason ?? ''}\t${c.message ?? ''}`,
      );
    }
  }
  w.line(0, '\nNo resource quota.\n\nNo LimitRange resource.');
}

export function describeConfigMap(object: KubeObject, w: DescribeWriter): void {
  const { metadata, data, binaryData } = object as ConfigMap;
  w.field(0, 'Name', metadata.name);
  w.field(0, 'Namespace', metadata.namespace ?? '');
  w.labels('Labels', metadata.labels);
  w.annotations('Annotations', metadata.annotations);
  w.write(0, '\nData\n====\n');
  for (const [key, value] of sortedEntries(data)) w.write(0, `${key}:\n----\n${value}\n\n`);
  w.write(0, '\nBinaryData\n====\n');
  for (const [key, value] of sortedEntries(binaryData))
    w.line(0, `${key}: ${base64Size(value)} bytes`);
  w.line(0, '');
}

export function describeSecret(object: KubeObject, w: DescribeWriter): void {
  const { metadata, type, data } = object as Secret;
  w.field(0, 'Name', metadata.name);
  w.field(0, 'Namespace', metadata.namespace ?? '');
  w.labels('Labels', metadata.labels);
  w.labels('Annotations', metadata.annotations);
  w.line(0, `\nType:\t${type ?? ''}`);
  w.write(0, '\nData\n====\n');
  for (const [key, value] of sortedEntries(data)) w.line(0, `${key}:\t${base64Size(value)} bytes`);
}

export function describeServiceAccount(object: KubeObject, w: DescribeWriter): void {
  const { metadata, imagePullSecrets } = object as ServiceAccount;
  w.field(0, 'Name', metadata.name);
  w.field(0, 'Namespace', metadata.namespace ?? '');
  w.labels('Labels', metadata.labels);
  w.annotations('Annotations', metadata.annotations);
  const names = (imagePullSecrets ?? []).map(({ name }) => name ?? '');
  if (names.length === 0) w.field(0, 'Image pull secrets', '<none>');
  for (const [index, name] of names.entries()) {
    w.line(0, `${index === 0 ? 'Image pull secrets:' : '                   '}\t${name}`);
  }
}
