/**
 * Service variables written late say what the copy said at the start; nodes that lag behind have their own.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Service } from '@podwire/api';
import { serviceEnv } from './service-env.ts';
import { type Moment, ServiceHistory, ServiceVariables } from './service-history.ts';

const NAMES = ['a', 'b', 'c', 'kubernetes'];

/** What a node has seen: all changes up to a version. */
interface Copy {
  readonly place: undefined;
  readonly resourceVersion: string;
  readonly items: ReadonlyMap<string, Service>;
}

function service(namespace: string, name: string, port: number, version: number): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, uid: `${namespace}/${name}`, resourceVersion: String(version) },
    spec: { clusterIP: '10.96.0.7', ports: [{ port, protocol: 'TCP', targetPort: port }] },
  } as Service;
}

test('variables are those of the moment that a node was at', () => {
  const change = fc.record({
    namespace: fc.constantFrom('default', 'x'),
    name: fc.constantFrom(...NAMES),
    port: fc.nat(3),
    isGone: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(change, { maxLength: 30 }),
      fc.array(fc.record({ node: fc.nat(2), steps: fc.nat(8) }), { maxLength: 30 }),
      (changes, visits) => {
        const copies: Copy[] = [{ place: undefined, resourceVersion: '', items: new Map() }];
        for (const [index, { namespace, name, port, isGone }] of changes.entries()) {
          const version = index + 1;
          const items = new Map(copies.at(-1)?.items);
          if (isGone) items.delete(`${namespace}/${name}`);
          else items.set(`${namespace}/${name}`, service(namespace, name, port, version));
          copies.push({ place: undefined, resourceVersion: String(version), items });
        }
        const history = new ServiceHistory();
        const at = [0, 0, 0];
        const started: { moment: Moment; env: Record<string, ReadonlyMap<string, string>> }[] = [];
        for (const { node, steps } of visits) {
          at[node] = Math.min((at[node] ?? 0) + steps, copies.length - 1);
          const copy = copies[at[node] ?? 0] as Copy;
          started.push({
            moment: history.see(copy),
            env: Object.fromEntries(
              ['default', 'x'].map((space) => [space, serviceEnv(copy.items.values(), space)]),
            ),
          });
        }
        for (const { moment, env } of started) {
          for (const [space, expected] of Object.entries(env)) {
            const variables = new ServiceVariables(history, space, moment);
            assert.deepEqual([...variables], [...expected]);
            for (const name of ['A_SERVICE_HOST', 'B_PORT', 'KUBERNETES_SERVICE_PORT', 'PATH']) {
              assert.equal(variables.get(name), expected.get(name));
            }
          }
        }
      },
    ),
  );
});
