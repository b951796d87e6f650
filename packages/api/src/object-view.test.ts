/**
 * Shared views against copies: every informer shows what a copy of its own would show, however far it lags.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareText } from './object.ts';
import { type Cursor, type ObjectView, ObjectViews, ViewItems } from './object-view.ts';
import type { ConfigMap } from './types/config.ts';

function configMap(name: string, version: number): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'd', uid: name, resourceVersion: String(version) },
    data: { k: String(version % 3) },
  };
}

/** The server's side: what happened, one event per version. */
interface Happened {
  readonly version: number;
  readonly name: string;
  readonly isGone: boolean;
}

/** A node with a place in a view, and the plain copy that it stands for. */
interface Node {
  readonly view: ObjectView<ConfigMap>;
  readonly cursor: Cursor;
  readonly copy: Map<string, ConfigMap>;
  /** Events that it has seen. */
  seen: number;
}

const valuesOf = (object: ConfigMap): readonly string[] => [object.data?.['k'] ?? ''];

type Action =
  | { readonly kind: 'write'; readonly name: string; readonly isGone: boolean }
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'join' }
  | { readonly kind: 'see'; readonly node: number; readonly count: number }
  | { readonly kind: 'leave'; readonly node: number };

const arbName = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const arbAction: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      name: arbName,
      isGone: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('elsewhere' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('join' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('see' as const),
      node: fc.nat(9),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), node: fc.nat(9) }) },
);

test('every place shows what a copy of its own would', () => {
  fc.assert(
    fc.property(fc.array(arbAction, { maxLength: 120 }), (actions) => {
      const views = new ObjectViews();
      const store = new Map<string, ConfigMap>();
      const events: Happened[] = [];
      const nodes: Node[] = [];
      let version = 1;
      for (const action of actions) {
        switch (action.kind) {
          case 'elsewhere':
            version++;
            break;
          case 'write': {
            const key = `d/${action.name}`;
            if (action.isGone && !store.has(key)) break;
            version++;
            if (action.isGone) store.delete(key);
            else store.set(key, configMap(action.name, version));
            events.push({ version, name: action.name, isGone: action.isGone });
            break;
          }
          case 'join': {
            const list = [...store.values()].sort((a, b) =>
              compareText(a.metadata.name, b.metadata.name),
            );
            const { view, cursor } = views.join('k', list, version);
            view.addIndex('k', valuesOf);
            nodes.push({ view, cursor, copy: new Map(store), seen: events.length });
            break;
          }
          case 'see': {
            const node = nodes[action.node];
            if (node !== undefined)
              for (let left = action.count; left > 0; left--) see(node, events);
            break;
          }
          case 'leave': {
            const [node] = nodes.splice(action.node, 1);
            if (node !== undefined) node.view.close(node.cursor);
          }
        }
        for (const node of nodes) assertShows(node);
      }
    }),
    { numRuns: 300 },
  );
});

function see(node: Node, events: readonly Happened[]): void {
  const event = events[node.seen];
  if (event === undefined) return;
  node.seen++;
  const key = `d/${event.name}`;
  const after = event.isGone ? undefined : configMap(event.name, event.version);
  const change = node.view.advance(node.cursor, event.version, key, after);
  assert.deepEqual(change?.before, node.copy.get(key), 'what a change replaced');
  if (after === undefined) node.copy.delete(key);
  else node.copy.set(key, after);
}

function assertShows({ view, cursor, copy }: Node): void {
  const items = new ViewItems(view, cursor);
  const expected = [...copy].sort(([a], [b]) => compareText(a, b));
  assert.deepEqual([...items], expected);
  assert.equal(items.size, expected.length);
  for (const name of ['a', 'b', 'z'])
    assert.deepEqual(items.get(`d/${name}`), copy.get(`d/${name}`));
  assert.deepEqual(
    view.byIndex(cursor.at, 'k', '1'),
    expected.map(([, object]) => object).filter((object) => object.data?.['k'] === '1'),
  );
}

test('nodes that list the same share a view, whatever was written elsewhere meanwhile', () => {
  const views = new ObjectViews();
  const list = [configMap('a', 5), configMap('b', 7)];
  const one = views.join('k', list, 10);
  const two = views.join('k', [...list], 30);
  assert.equal(two.view, one.view);
  one.view.advance(one.cursor, 31, 'd/a', undefined);
  const late = views.join('k', [configMap('b', 7)], 31);
  assert.equal(late.view, one.view);
  assert.deepEqual([...new ViewItems(two.view, two.cursor).keys()], ['d/a', 'd/b']);
  assert.deepEqual([...new ViewItems(late.view, late.cursor).keys()], ['d/b']);
});
