/**
 * Patches: the strategic merge's rules, and diff followed by apply as the identity.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { jsonEqual } from './object.ts';
import {
  PatchProblem,
  applyJsonPatch,
  applyMergePatch,
  applyStrategicPatch,
  diffMergePatch,
  diffStrategicPatch,
  threeWayPatch,
} from './patch.ts';

describe('strategic merge patch', () => {
  const target = {
    spec: {
      containers: [
        { name: 'a', image: 'x:1', ports: [{ containerPort: 80 }] },
        { name: 'b', image: 'y:1' },
      ],
      tolerations: [{ key: 'k' }],
    },
  };
  const rows: readonly (readonly [string, unknown, unknown])[] = [
    [
      'merges by key, adds at the end',
      {
        spec: {
          containers: [
            { name: 'a', image: 'x:2' },
            { name: 'c', image: 'z' },
          ],
        },
      },
      {
        spec: {
          ...target.spec,
          containers: [
            { name: 'a', image: 'x:2', ports: [{ containerPort: 80 }] },
            { name: 'b', image: 'y:1' },
            { name: 'c', image: 'z' },
          ],
        },
      },
    ],
    [
      'deletes an item',
      { spec: { containers: [{ $patch: 'delete', name: 'b' }] } },
      { spec: { ...target.spec, containers: [target.spec.containers[0]] } },
    ],
    [
      'replaces a list',
      { spec: { containers: [{ $patch: 'replace' }, { name: 'q', image: 'q' }] } },
      { spec: { ...target.spec, containers: [{ name: 'q', image: 'q' }] } },
    ],
    [
      'orders',
      { spec: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] } },
      {
        spec: {
          ...target.spec,
          containers: [target.spec.containers[1], target.spec.containers[0]],
        },
      },
    ],
    [
      'an atomic list is replaced, null deletes',
      { spec: { tolerations: [{ key: 'z' }], containers: null } },
      { spec: { tolerations: [{ key: 'z' }] } },
    ],
    ['replaces a map', { spec: { $patch: 'replace', nodeName: 'n' } }, { spec: { nodeName: 'n' } }],
  ];
  for (const [name, patch, result] of rows) {
    test(name, () => assert.deepEqual(applyStrategicPatch('Pod', target, patch), result));
  }

  test('finalizers are a set; $deleteFromPrimitiveList takes away', () => {
    const object = { metadata: { finalizers: ['a', 'b'] } };
    const patch = { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'], finalizers: ['c'] } };
    assert.deepEqual(applyStrategicPatch('Pod', object, patch), {
      metadata: { finalizers: ['b', 'c'] },
    });
  });

  test('retainKeys clears the rest of a deployment strategy', () => {
    const object = {
      spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } },
    };
    const patch = { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } };
    assert.deepEqual(applyStrategicPatch('Deployment', object, patch), {
      spec: { strategy: { type: 'Recreate' } },
    });
  });

  test('a list item without its merge key', () => {
    const result = applyStrategicPatch('Pod', target, { spec: { containers: [{ image: 'x' }] } });
    assert.ok(result instanceof PatchProblem);
    assert.equal(result.message, 'map: map[image:x] does not contain declared merge key: name');
  });
});

describe('three-way patch of apply', () => {
  const applied = {
    metadata: { labels: { a: '1', b: '2' } },
    spec: {
      containers: [{ name: 'c', image: 'i:1', env: [{ name: 'X', value: '1' }] }, { name: 'd' }],
    },
  };
  const live = {
    ...applied,
    metadata: { labels: { a: '1', b: '2', other: 'kept' } },
    spec: { ...applied.spec, nodeName: 'n1' },
  };
  test('changes what changed, deletes what was applied, keeps what others wrote', () => {
    const manifest = {
      metadata: { labels: { a: '1' } },
      spec: { containers: [{ name: 'c', image: 'i:2' }] },
    };
    const patch = threeWayPatch('Pod', applied, manifest, live);
    assert.deepEqual(applyStrategicPatch('Pod', live, patch), {
      metadata: { labels: { a: '1', other: 'kept' } },
      spec: { containers: [{ name: 'c', image: 'i:2' }], nodeName: 'n1' },
    });
  });

  test('nothing to do', () => {
    assert.deepEqual(threeWayPatch('Pod', applied, applied, live), {});
  });
});

describe('JSON patch', () => {
  const rows: readonly (readonly [unknown, unknown[], unknown])[] = [
    [{ a: [1, 2] }, [{ op: 'add', path: '/a/1', value: 9 }], { a: [1, 9, 2] }],
    [{ a: [1, 2] }, [{ op: 'add', path: '/a/-', value: 9 }], { a: [1, 2, 9] }],
    [{ a: { b: 1 } }, [{ op: 'remove', path: '/a/b' }], { a: {} }],
    [{ 'x/y': 1 }, [{ op: 'replace', path: '/x~1y', value: 2 }], { 'x/y': 2 }],
    [{ a: 1 }, [{ op: 'move', from: '/a', path: '/b' }], { b: 1 }],
    [
      { a: 1 },
      [
        { op: 'copy', from: '/a', path: '/b' },
        { op: 'test', path: '/b', value: 1 },
      ],
      { a: 1, b: 1 },
    ],
  ];
  for (const [target, patch, result] of rows) {
    test(JSON.stringify(patch), () => assert.deepEqual(applyJsonPatch(target, patch), result));
  }
  test('what cannot be done', () => {
    for (const operation of [
      { op: 'remove', path: '/b' },
      { op: 'replace', path: '/a/5', value: 1 },
      { op: 'test', path: '/a', value: 2 },
      { op: 'jump', path: '/a' },
      { op: 'add', path: 'a', value: 1 },
    ]) {
      assert.ok(applyJsonPatch({ a: [1] }, [operation]) instanceof PatchProblem);
    }
  });
});

describe('properties', () => {
  const json = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.constantFrom('a', 'b', '', 0, 1, true, false),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c', '1', '__proto__'), tie('value'), { maxKeys: 3 }),
    ),
  })).value;
  const object = fc.dictionary(fc.constantFrom('a', 'b', 'c'), json, { maxKeys: 3 });

  test('merge patch: apply after diff is the identity', () => {
    fc.assert(
      fc.property(object, object, (before, after) => {
        const patch = diffMergePatch(before, after);
        const result = patch === undefined ? before : applyMergePatch(before, patch);
        assert.ok(jsonEqual(result, after));
      }),
    );
  });

  const named = (inner: fc.Arbitrary<object>): fc.Arbitrary<object[]> =>
    fc
      .uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), inner), {
        selector: ([name]) => name,
        maxLength: 4,
      })
      .map((pairs) => pairs.map(([name, rest]) => ({ name, ...rest })));
  const env = named(fc.record({ value: fc.constantFrom('1', '2') }, { requiredKeys: [] }));
  const container = fc.record(
    {
      image: fc.constantFrom('x', 'y'),
      env,
      args: fc.array(fc.constantFrom('p', 'q'), { maxLength: 2 }),
    },
    { requiredKeys: [] },
  );
  const pod = fc.record(
    {
      metadata: fc.record(
        {
          labels: fc.dictionary(fc.constantFrom('l', 'm'), fc.constantFrom('1', '2')),
          finalizers: fc.uniqueArray(fc.constantFrom('f', 'g', 'h'), { minLength: 1 }),
        },
        { requiredKeys: [] },
      ),
      spec: fc.record(
        {
          containers: named(container),
          tolerations: fc.array(fc.record({ key: fc.constantFrom('k', 'j') })),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  );

  test('strategic patch: apply after diff is the identity', () => {
    fc.assert(
      fc.property(pod, pod, (before, after) => {
        const patch = diffStrategicPatch('Pod', before, after);
        assert.ok(
          jsonEqual(applyStrategicPatch('Pod', before, patch), after),
          `${JSON.stringify(patch)} gives ${JSON.stringify(applyStrategicPatch('Pod', before, patch))}`,
        );
      }),
      { numRuns: 500 },
    );
  });

  test('strategic patch: with "$patch: merge" everywhere it does the same', () => {
    const marked = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(marked);
      if (typeof value !== 'object' || value === null) return value;
      const parts = Object.entries(value).map(([key, part]) => [key, marked(part)]);
      return { ...Object.fromEntries(parts), $patch: 'merge' };
    };
    fc.assert(
      fc.property(pod, pod, (target, patch) => {
        const [plain, directed] = [patch, marked(patch)].map((each) =>
          applyStrategicPatch('Pod', target, each),
        );
        assert.ok(jsonEqual(directed, plain), JSON.stringify([directed, plain]));
      }),
      { numRuns: 500 },
    );
  });

  test('no patch crashes', () => {
    fc.assert(
      fc.property(json, json, (target, patch) => {
        applyMergePatch(target, patch);
        applyStrategicPatch('Pod', target, patch);
        applyJsonPatch(target, patch);
      }),
    );
  });
});
