/**
 * Selectors, times, quantities, paths: parsed and printed.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deepFreeze } from '@podwire/base';
import fc from 'fast-check';
import { canonicalQuantity, compareQuantity } from './quantity.ts';
import { fromRest, parseRestPath, restPath, toRest } from './rest.ts';
import type { ApiRequest } from './request.ts';
import { SCHEME } from './kinds.ts';
import { SCHEMA } from './schema/schema.ts';
import {
  type Selector,
  formatSelector,
  matchesSelector,
  parseSelector,
  selectorOf,
} from './selector.ts';
import { jsonEqual, setOwn } from './object.ts';
import { formatMicroTime, formatTime, parseAnyTime, parseTime } from './time.ts';

describe('selectors', () => {
  const rows: readonly (readonly [string, Record<string, string>, boolean])[] = [
    ['', {}, true],
    ['a=1', { a: '1' }, true],
    ['a==1,b!=2', { a: '1' }, true],
    ['a in (1, 2)', { a: '2' }, true],
    ['a notin (1)', {}, true],
    ['a notin (1)', { a: '1' }, false],
    ['a', { a: '' }, true],
    ['!a', { a: '' }, false],
    ['a>3', { a: '4' }, true],
    ['a>3', { a: 'x' }, false],
    ['a in (,x)', { a: '' }, true],
    ['app.kubernetes.io/name = web', { 'app.kubernetes.io/name': 'web' }, true],
  ];
  for (const [text, labels, expected] of rows) {
    test(`${text} on ${JSON.stringify(labels)}`, () => {
      const selector = parseSelector(text);
      assert.ok(typeof selector !== 'string');
      assert.equal(matchesSelector(selector, labels), expected);
    });
  }

  test('what cannot be parsed', () => {
    for (const text of ['a=1,', 'a in 1', 'a in (1', ',', 'a b', '=1', 'a=b c', 'a>x', '/=1']) {
      assert.equal(typeof parseSelector(text), 'string', text);
    }
  });

  const key = fc.constantFrom('a', 'b', 'x.io/c');
  const value = fc.constantFrom('', '1', 'v.2');
  const requirement = fc.oneof(
    fc.tuple(key, fc.constantFrom('=', '!='), value).map((parts) => parts.join('')),
    fc
      .tuple(key, fc.constantFrom(' in ', ' notin '), fc.uniqueArray(value, { minLength: 1 }))
      .map(([k, operator, values]) => `${k}${operator}(${values.join(',')})`),
    key,
    key.map((k) => `!${k}`),
  );
  test('parse after emit is the identity', () => {
    fc.assert(
      fc.property(fc.array(requirement, { minLength: 1, maxLength: 4 }), (parts) => {
        const parsed = parseSelector(parts.join(',')) as Selector;
        assert.deepEqual(parseSelector(formatSelector(parsed)), parsed);
      }),
    );
  });

  test('random text never crashes', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseSelector(text)));
  });

  test('a LabelSelector: none selects nothing, an empty one everything', () => {
    assert.equal(matchesSelector(selectorOf(undefined), {}), false);
    assert.equal(matchesSelector(selectorOf({}), {}), true);
  });
});

describe('time', () => {
  test('print and parse', () => {
    assert.equal(formatTime(0), '2026-01-01T00:00:00Z');
    assert.equal(formatTime(86_400e9 * 59 + 3_661_999_999_999), '2026-03-01T01:01:01Z');
    assert.equal(formatMicroTime(1_250_000_000), '2026-01-01T00:00:01.250000Z');
    assert.equal(parseTime('2026-01-01T01:00:00+01:00'), 0);
    assert.equal(parseTime('2026-02-29T00:00:00Z'), undefined);
  });
  test('as Date prints it', () => {
    fc.assert(
      fc.property(fc.integer({ min: -4_000_000_000, max: 4_000_000_000 }), (seconds) => {
        const text = formatTime(seconds * 1e9);
        const date = new Date((1_767_225_600 + seconds) * 1000);
        assert.equal(text, date.toISOString().replace('.000Z', 'Z'));
        assert.equal(parseTime(text), seconds * 1e9);
      }),
    );
  });
});

test('a plain time is read as the regular expression reads it', () => {
  const two = fc.oneof(fc.nat(99), fc.nat(31)).map((part) => String(part).padStart(2, '0'));
  const texts = fc
    .tuple(
      two,
      two,
      two,
      two,
      two,
      two,
      two,
      fc.constantFrom('-', 'T', 't', ':', 'Z', ' ', 'z', 'x'),
    )
    .map(([a, b, month, day, hour, minute, second, odd]) => {
      const text = `${a}${b}-${month}-${day}T${hour}:${minute}:${second}Z`;
      return [text, text.slice(0, Number(a) % 20) + odd + text.slice((Number(a) % 20) + 1)];
    });
  fc.assert(
    fc.property(texts, (pair) => {
      for (const text of pair) assert.equal(parseTime(text), parseAnyTime(text), text);
    }),
  );
});

test('JSON data is equal as its sorted text is', () => {
  const key = fc.constantFrom('a', 'b', '0', 'constructor', '__proto__');
  const { value: json } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(0, 1, '', 'a', true, null, undefined),
      fc.array(tie('value'), { maxLength: 2 }),
      fc.array(fc.tuple(key, tie('value')), { maxLength: 3 }).map((entries) => {
        const object = {};
        for (const [name, value] of entries) setOwn(object, name, value);
        return object;
      }),
    ),
  }));
  fc.assert(
    fc.property(json, json, (left, right) => {
      assert.equal(jsonEqual(left, right), sortedText(left) === sortedText(right));
      assert.equal(jsonEqual(left, structuredClone(left)), true);
    }),
    { numRuns: 1000 },
  );
});

function sortedText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedText).join()}]`;
  if (typeof value !== 'object' || value === null) return String(JSON.stringify(value));
  const parts = Object.entries(value)
    .filter(([, part]) => part !== undefined)
    .map(([name, part]) => `${name}:${sortedText(part)}`);
  return `{${parts.sort((a, b) => (a < b ? -1 : 1)).join()}}`;
}

test('a frozen selector is remembered and stays what it is', () => {
  const selector = deepFreeze({ matchLabels: { app: 'web' } });
  assert.equal(selectorOf(selector), selectorOf(selector));
  assert.deepEqual(selectorOf(selector), selectorOf({ matchLabels: { app: 'web' } }));
  for (const labels of [{ app: 'web' }, { app: 'x' }, {}, undefined]) {
    assert.equal(matchesSelector(selectorOf(selector), labels), labels?.app === 'web');
  }
  const odd = selectorOf({
    matchExpressions: [{ key: 'constructor', operator: 'Exists', values: [] }],
  });
  assert.equal(matchesSelector(odd, { app: 'web' }), false);
});

describe('quantities', () => {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['0.5', '500m'],
    ['1000m', '1'],
    ['100m', '100m'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['1000k', '1M'],
    ['1e3', '1e3'],
    ['1000Ki', '1000Ki'],
    ['0', '0'],
    ['0Mi', '0'],
    ['-1', '-1'],
    ['010', '10'],
    ['1Ki', '1Ki'],
    ['0.5Ki', '512'],
    ['', undefined],
    ['1 Gi', undefined],
    ['lots', undefined],
    ['1ki', undefined],
  ];
  for (const [text, canonical] of rows) {
    test(`${text} is ${canonical}`, () => assert.equal(canonicalQuantity(text), canonical));
  }
  test('order', () => {
    assert.ok(compareQuantity('1Gi', '1G') > 0);
    assert.equal(compareQuantity('0.1', '100m'), 0);
  });
});

describe('REST', () => {
  const rows: readonly (readonly [ApiRequest, string, string])[] = [
    [
      { verb: 'get', resource: 'pods', namespace: 'd', name: 'p' },
      'GET',
      '/api/v1/namespaces/d/pods/p',
    ],
    [{ verb: 'list', resource: 'deployments' }, 'GET', '/apis/apps/v1/deployments'],
    [
      {
        verb: 'watch',
        resource: 'pods',
        query: { fieldSelector: 'spec.nodeName=n1', resourceVersion: '7' },
      },
      'GET',
      '/api/v1/pods?fieldSelector=spec.nodeName%3Dn1&resourceVersion=7&watch=true',
    ],
    [
      {
        verb: 'patch',
        resource: 'pods',
        subresource: 'status',
        namespace: 'd',
        name: 'p',
        fieldManager: 'kubelet',
      },
      'PATCH',
      '/api/v1/namespaces/d/pods/p/status?fieldManager=kubelet',
    ],
    [{ verb: 'get', resource: 'namespaces', name: 'x' }, 'GET', '/api/v1/namespaces/x'],
    [
      { verb: 'update', resource: 'namespaces', subresource: 'finalize', name: 'x' },
      'PUT',
      '/api/v1/namespaces/x/finalize',
    ],
    [
      {
        verb: 'create',
        resource: 'leases',
        namespace: 'kube-node-lease',
        query: { fieldValidation: 'Strict' },
      },
      'POST',
      '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases?fieldValidation=Strict',
    ],
    [
      { verb: 'deletecollection', resource: 'pods', namespace: 'd' },
      'DELETE',
      '/api/v1/namespaces/d/pods',
    ],
  ];
  for (const [request, method, url] of rows) {
    test(url, () => {
      assert.equal(restPath(request), url);
      assert.equal(toRest(request)?.method, method);
      assert.deepEqual(parseRestPath(method, url), request);
    });
  }
  test('bodies and patch types', () => {
    const request: ApiRequest = {
      verb: 'patch',
      resource: 'pods',
      namespace: 'd',
      name: 'p',
      patchType: 'json-patch',
      body: [{ op: 'remove', path: '/x' }],
    };
    const sent = toRest(request);
    assert.ok(sent);
    assert.deepEqual(
      fromRest(sent.method, sent.url, sent.headers.get('content-type') ?? '', sent.body),
      request,
    );
  });
  test('what is sent is what arrives', () => {
    const word = fc.string({ minLength: 1 });
    const maybe = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
      fc.option(value, { nil: undefined });
    const query = fc.record(
      {
        labelSelector: word,
        fieldSelector: word,
        limit: fc.nat(),
        dryRun: fc.constant('All'),
        gracePeriodSeconds: fc.nat(),
        force: fc.constant(true),
      },
      { requiredKeys: [], noNullPrototype: true },
    );
    const request = fc.record(
      {
        info: fc.constantFrom(...SCHEME.kinds),
        verb: fc.constantFrom('get', 'list', 'create', 'update', 'patch', 'delete', 'watch'),
        namespace: maybe(word),
        name: word,
        subresource: fc.constantFrom('', 'status', 'scale'),
        query,
        fieldManager: maybe(word),
        body: fc.option(fc.constant({ kind: 'X' }), { nil: undefined }),
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(request, ({ info, verb, namespace, name, subresource, ...rest }) => {
        const isNamed = !['list', 'create', 'watch'].includes(verb);
        const given = Object.entries({
          verb,
          resource:
            SCHEME.byResource(info.plural) === info ? info.plural : `${info.plural}.${info.group}`,
          namespace: info.isNamespaced ? namespace : undefined,
          name: isNamed ? name : undefined,
          subresource: isNamed && subresource !== '' ? subresource : undefined,
          query: Object.keys(rest.query).length > 0 ? rest.query : undefined,
          fieldManager: rest.fieldManager,
          body: rest.body,
          patchType: verb === 'patch' && rest.body !== undefined ? 'merge-patch' : undefined,
        }).filter(([, value]) => value !== undefined);
        const sent = Object.fromEntries(given) as unknown as ApiRequest;
        const http = toRest(sent);
        assert.ok(http);
        const type = http.headers.get('content-type') ?? '';
        assert.deepEqual(fromRest(http.method, http.url, type, http.body), sent);
      }),
    );
  });
  test('random paths never crash', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseRestPath('GET', `/api/v1/${text}`)));
  });
});

describe('schema', () => {
  test('every kind has its struct, and every struct that a field names exists', () => {
    for (const info of SCHEME.kinds) assert.ok(SCHEMA.has(info.kind), info.kind);
    for (const name of SCHEMA.names()) {
      for (const field of SCHEMA.struct(name).fields) {
        let { shape } = field;
        while (shape.kind === 'list' || shape.kind === 'map') shape = shape.item;
        if (shape.kind === 'struct')
          assert.ok(SCHEMA.has(shape.name), `${name}.${field.name}: ${shape.name}`);
      }
    }
  });
  test('words that kubectl accepts', () => {
    for (const [word, plural] of [
      ['po', 'pods'],
      ['Deployment', 'deployments'],
      ['deployments.apps', 'deployments'],
      ['svc', 'services'],
      ['replicasets.v1.apps', 'replicasets'],
    ] as const) {
      assert.equal(SCHEME.find(word)?.plural, plural);
    }
    assert.deepEqual(
      SCHEME.category('all').map((info) => info.plural),
      [
        'pods',
        'replicationcontrollers',
        'services',
        'daemonsets',
        'deployments',
        'replicasets',
        'statefulsets',
        'cronjobs',
        'jobs',
        'routes',
        'deploymentconfigs',
        'buildconfigs',
        'builds',
        'imagestreams',
      ],
    );
  });
});
