/**
 * The short cut over events against the hints of all plugins.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Node, Pod } from '@podwire/api';
import fc from 'fast-check';
import { type ClusterEvent, concernedPlugins, mayHelp } from './cluster-event.ts';
import { DEFAULT_PROFILE } from './default-profile.ts';
import { PodInfo } from './pod-info.ts';

const constraint = {
  maxSkew: 1,
  topologyKey: 'zone',
  whenUnsatisfiable: 'DoNotSchedule',
  labelSelector: { matchLabels: { app: 'a' } },
};
const term = { labelSelector: { matchLabels: { app: 'a' } }, topologyKey: 'zone' };
const required = { requiredDuringSchedulingIgnoredDuringExecution: [term] };

const podArbitrary: fc.Arbitrary<Pod> = fc
  .record({
    name: fc.constantFrom('p', 'q'),
    labels: fc.constantFrom({ app: 'a' }, { app: 'b' }, undefined),
    phase: fc.constantFrom('Pending', 'Running', 'Failed'),
    deletionTimestamp: fc.constantFrom(undefined, '2026-01-01T00:00:00Z'),
    hostPort: fc.constantFrom(undefined, 80),
    topologySpreadConstraints: fc.constantFrom(undefined, [constraint]),
    podAffinity: fc.constantFrom(undefined, required),
    podAntiAffinity: fc.constantFrom(undefined, required),
  })
  .map(
    ({
      name,
      labels,
      phase,
      deletionTimestamp,
      hostPort,
      podAffinity,
      podAntiAffinity,
      ...spec
    }) => {
      const ports = hostPort === undefined ? [] : [{ containerPort: 80, hostPort }];
      return {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace: 'default', labels, deletionTimestamp },
        spec: {
          ...spec,
          containers: [{ name: 'c', ports }],
          affinity: { podAffinity, podAntiAffinity },
        },
        status: { phase },
      } as unknown as Pod;
    },
  );

const nodeArbitrary: fc.Arbitrary<Node> = fc
  .record({
    zone: fc.constantFrom('a', 'b'),
    taints: fc.constantFrom(undefined, [{ key: 'k', effect: 'NoSchedule' }]),
    unschedulable: fc.constantFrom(undefined, true),
    pods: fc.constantFrom('0', '10'),
  })
  .map(
    ({ zone, taints, unschedulable, pods }) =>
      ({
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'n', labels: { zone } },
        spec: { taints, unschedulable },
        status: { allocatable: { pods } },
      }) as unknown as Node,
  );

/** As the informer tells them: something is there before or after. */
const eventArbitrary: fc.Arbitrary<ClusterEvent> = fc.oneof(
  fc
    .record({ old: fc.option(podArbitrary, { nil: undefined }), now: podArbitrary })
    .map((event) => ({ kind: 'assigned-pod' as const, ...event })),
  podArbitrary.map((old) => ({ kind: 'assigned-pod' as const, old, now: undefined })),
  fc
    .record({ old: fc.option(nodeArbitrary, { nil: undefined }), now: nodeArbitrary })
    .map((event) => ({ kind: 'node' as const, ...event })),
  nodeArbitrary.map((old) => ({ kind: 'node' as const, old, now: undefined })),
  fc.constant({ kind: 'namespace' as const }),
);

test('an event helps against no plugin but those that it concerns', () => {
  const plugins = DEFAULT_PROFILE.filter(({ plugin }) => plugin.preFilter !== undefined).map(
    ({ plugin }) => plugin.name,
  );
  fc.assert(
    fc.property(eventArbitrary, podArbitrary, (event, pod) => {
      const concerned = concernedPlugins(event);
      if (concerned === undefined) return;
      for (const plugin of plugins) {
        if (concerned.includes(plugin)) continue;
        assert.equal(mayHelp(event, new PodInfo(pod), plugin), false, plugin);
      }
    }),
    { numRuns: 500 },
  );
});
