/**
 * A step's `fault`.
 */
import { type FullCluster, componentsOf } from '@podwire/cluster';
import type { Field } from './field.ts';
import { readLink, unknownHost } from './parse-cluster.ts';
import type { Fault } from './scenario.ts';

export interface FaultContext {
  readonly cluster: FullCluster;
  readonly hosts: readonly string[];
  /** Names of the partitions that earlier steps made. */
  readonly partitions: Set<string>;
}

export function parseFault(field: Field, context: FaultContext): Fault | undefined {
  for (const [kind, value] of field.entries) {
    const { text } = value;
    switch (kind) {
      case 'node-down':
      case 'node-up': {
        const node = nodeName(value, context);
        return node === undefined ? undefined : { kind: 'node', node, on: kind === 'node-up' };
      }
      case 'link-down':
      case 'link-up': {
        const host = hostName(value, context);
        return host === undefined ? undefined : { kind: 'link', host, isUp: kind === 'link-up' };
      }
      case 'impair': {
        const host = hostName(value, context);
        const change = readLink(field);
        if (Object.keys(change).length === 0) {
          value.add({
            code: 'PW3001',
            message: 'an impairment changes something',
            hint: 'add latency, jitter, rate, queue, loss or mtu',
          });
        }
        return host === undefined ? undefined : { kind: 'impair', host, change };
      }
      case 'partition':
        return parsePartition(value, context);
      case 'heal':
        return text === undefined ? undefined : parseHeal(value, text, context);
      case 'kill-container':
      case 'kill-sandbox':
        return text === undefined ? undefined : parseKill(kind, text);
      case 'stop':
      case 'start': {
        const host = hostName(field.get('on'), context);
        if (text === undefined || host === undefined) return undefined;
        checkComponent(value, text, host, context);
        return { kind: 'component', host, component: text, running: kind === 'start' };
      }
    }
  }
  return undefined;
}

function parsePartition(field: Field, context: FaultContext): Fault {
  const name = field.get('name').text ?? 'partition';
  context.partitions.add(name);
  const inGroup = new Set<string>();
  const groups = field.get('groups').items.map((group) =>
    group.items.flatMap((item) => {
      const host = hostName(item, context);
      if (host === undefined) return [];
      if (inGroup.has(host)) {
        item.add({ code: 'PW3004', message: `${host} is in two groups` });
      }
      inGroup.add(host);
      return [host];
    }),
  );
  return { kind: 'partition', name, groups };
}

function parseHeal(field: Field, name: string, context: FaultContext): Fault {
  const { partitions } = context;
  if (!partitions.has(name)) {
    field.add({
      code: 'PW3004',
      message: `no earlier step makes a partition called ${name}`,
      hint: partitions.size === 0 ? undefined : `there are ${[...partitions].join(', ')}`,
    });
  }
  return { kind: 'heal', name };
}

function parseKill(kind: 'kill-container' | 'kill-sandbox', text: string): Fault | undefined {
  const [namespace, pod, container = ''] = text.split('/');
  if (namespace === undefined || pod === undefined) return undefined;
  return kind === 'kill-sandbox' ? { kind, namespace, pod } : { kind, namespace, pod, container };
}

function checkComponent(field: Field, name: string, host: string, context: FaultContext): void {
  const known = componentsOf(context.cluster, host);
  if (known.includes(name) || !context.hosts.includes(host)) return;
  field.add({
    code: 'PW3004',
    message: `no component ${name} runs on ${host}`,
    hint:
      known.length === 0
        ? "components run on the cluster's machines"
        : `there are ${known.join(', ')}`,
  });
}

function hostName(field: Field, context: FaultContext): string | undefined {
  const { text } = field;
  if (text === undefined) return undefined;
  if (!context.hosts.includes(text)) field.add(unknownHost(text, context.hosts));
  return text;
}

function nodeName(field: Field, context: FaultContext): string | undefined {
  const { text } = field;
  if (text === undefined) return undefined;
  const nodes = context.cluster.nodes.map((node) => node.name);
  if (!nodes.includes(text)) {
    field.add({ ...unknownHost(text, nodes), message: `no node is called ${text}` });
  }
  return text;
}
