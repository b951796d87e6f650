/**
 * Expectations against observations: a row that holds, and one that does not, for each key.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Fields } from './case-file.ts';
import { expectProblem, judge, partlyEqual } from './compare.ts';
import { FACTS } from './facts.suite.ts';
import type { DnsSeen, Observation } from './observe.ts';

const CONTEXT = { facts: FACTS, sender: ['10.244.0.5'], earlier: [['w1', 'w1']] };
const BASE = { seconds: 0.01, exitCode: 0, stdout: '', stderr: '' };

function answer(backend: string, sourceIP = '10.244.0.5'): Observation {
  return { ...BASE, outcomes: ['ok', 'http'], status: 200, backend, sourceIP };
}

function failed(...outcomes: readonly string[]): Observation {
  return { ...BASE, outcomes };
}

function times(count: number, observation: Observation): Observation[] {
  return Array.from({ length: count }, () => observation);
}

function dns(answers: readonly string[], more: Partial<DnsSeen> = {}): Observation {
  const seen: DnsSeen = {
    status: 'NOERROR',
    flags: ['qr', 'aa', 'rd'],
    answer: answers,
    authority: [],
    additional: [],
    messageSize: 100,
    cookieSize: 12,
    transport: 'UDP',
    isTcpRetry: false,
    udpSize: 1232,
    ...more,
  };
  return { ...BASE, outcomes: ['ok'], dns: seen };
}

const A = 'web.example.org. 30 IN A 10.0.0.1';
const B = 'web.example.org. 30 IN A 10.0.0.2';
const SRV = 'web.example.org. 30 IN SRV 0 50 80 a.example.org.';

const RESOLVER: Observation = {
  ...BASE,
  outcomes: ['ok'],
  resolver: {
    error: null,
    errorText: '',
    addresses: ['10.0.0.1'],
    queries: [{ name: 'web.a.example.org.', A: 'NXDOMAIN', AAAA: 'NXDOMAIN' }],
    packetsSent: 2,
    elapsedNs: 0,
  },
};

const MIXED = [...times(5, answer('w1')), ...times(5, answer('w2'))];
const HALF_LOST = [
  ...times(5, answer('w2')),
  ...times(3, failed('timeout')),
  ...times(2, failed('no-route')),
];

/** Holds for the first list, not for the second. */
const ROWS: readonly (readonly [
  name: string,
  expect: Fields,
  good: readonly Observation[],
  bad: readonly Observation[],
])[] = [
  ['ok', { outcome: 'ok' }, [answer('w1')], [answer('w1'), failed('timeout')]],
  ['one of two', { outcome: 'refused|timeout' }, [failed('timeout')], [failed('reset')]],
  ['or', { outcome: 'timeout or no-route' }, [failed('no-route')], [answer('w1')]],
  ['list', { outcome: ['ok', 'timeout'] }, [failed('timeout')], [failed('refused')]],
  [
    'outcome in halves',
    { outcome: 'ok from w2 in about half of the tries, timeout or no-route for w1' },
    HALF_LOST,
    times(10, answer('w2')),
  ],
  [
    'outcome in halves, from another pod',
    { outcome: 'ok from w2 in about half of the tries, timeout or no-route for w1' },
    HALF_LOST,
    [...times(5, answer('w1')), ...times(5, failed('timeout'))],
  ],
  [
    'otherwise',
    { outcome: 'ok in about half of the tries, timeout otherwise' },
    [answer('w1'), failed('timeout')],
    times(4, failed('timeout')),
  ],
  ['backends', { outcome: 'ok', backends: ['w1', 'w2'] }, MIXED, [answer('w3')]],
  ['nobody answered', { outcome: 'ok', backends: ['w1'] }, [answer('w1')], [failed('ok')]],
  [
    'pods of a controller',
    { backends: ['web'] },
    [answer('web-6d4b75cb6d-xk7bd')],
    [answer('website')],
  ],
  ['always the same', { backends: 'always the same one' }, times(5, answer('w1')), MIXED],
  ['the same as before', { backends: 'the same as before' }, [answer('w1')], [answer('w2')]],
  ['another than before', { backends: 'another than before' }, [answer('w2')], [answer('w1')]],
  ['not one', { backends: 'not w1' }, [answer('w2')], MIXED],
  ['one of them', { backends: 'always the same one of w2, w3' }, [answer('w2')], [answer('w1')]],
  [
    'the same as in probe 1',
    { backends: 'always the same one as in probe 1' },
    [answer('w1')],
    [answer('w2')],
  ],
  [
    'outcome by the pod chosen',
    { outcome: 'ok when w1 is chosen, timeout when w2 is chosen' },
    [answer('w1'), failed('timeout')],
    [answer('w2'), failed('timeout')],
  ],
  [
    'within so many',
    { backends: ['w1', 'w2'], distribution: 'each within 2 of 5' },
    MIXED,
    times(9, answer('w1')),
  ],
  [
    'some address of a node',
    { sourceIPSeen: 'an address of node-2' },
    [answer('w1', '10.244.1.1')],
    [answer('w1')],
  ],
  ['seconds from and to', { seconds: '3..4' }, [{ ...answer('w1'), seconds: 3.5 }], [answer('w1')]],
  [
    'each at least',
    { backends: ['w1', 'w2'], distribution: 'each at least 2 times' },
    MIXED,
    [...times(9, answer('w1')), answer('w2')],
  ],
  [
    'each between',
    { backends: ['w1', 'w2'], distribution: 'each between 25% and 75%' },
    MIXED,
    times(9, answer('w1')),
  ],
  [
    'about equal',
    { backends: ['w1', 'w2'], distribution: 'about equal' },
    MIXED,
    times(40, answer('w1')),
  ],
  ['by name', { distribution: { w1: 'about 50 %', w2: 5 } }, MIXED, times(10, answer('w1'))],
  ['client', { sourceIPSeen: 'client' }, [answer('w1')], [answer('w1', '192.168.10.11')]],
  [
    'not the pod itself',
    { sourceIPSeen: 'not the pod itself' },
    [answer('w1', '10.244.0.1')],
    [answer('w1')],
  ],
  ['node', { sourceIPSeen: 'node-2' }, [answer('w1', '192.168.10.12')], [answer('w1')]],
  [
    'bridge',
    { sourceIPSeen: 'bridge address of node-2' },
    [answer('w1', '10.244.1.1')],
    [answer('w1')],
  ],
  [
    'one source of two',
    { sourceIPSeen: 'node-1 or node-2' },
    [answer('w1', '192.168.10.11')],
    [answer('w1')],
  ],
  ['status', { status: 200 }, [answer('w1')], [{ ...answer('w1'), status: 503 }]],
  [
    'header',
    { header: { 'X-A': '1' } },
    [{ ...answer('w1'), headers: new Map([['x-a', '1']]) }],
    [answer('w1')],
  ],
  [
    'body',
    { body: { a: { b: 1 } } },
    [{ ...answer('w1'), body: '{"a":{"b":1,"c":2}}' }],
    [{ ...answer('w1'), body: '{"a":{}}' }],
  ],
  ['ttl', { ttl: 62 }, [{ ...failed('ok'), ttl: 62 }], [{ ...failed('ok'), ttl: 63 }]],
  [
    'from',
    { from: '10.244.0.1' },
    [{ ...failed('ttl-exceeded'), errorFrom: '10.244.0.1' }],
    [failed('ttl-exceeded')],
  ],
  [
    'seconds',
    { seconds: '5 ±0.5' },
    [{ ...failed('dns-error'), seconds: 5.3 }],
    [{ ...failed('dns-error'), seconds: 4 }],
  ],
  ['maxSeconds', { maxSeconds: 1 }, [failed('ok')], [{ ...failed('ok'), seconds: 1.5 }]],
  [
    'errorText',
    { errorText: 'no such' },
    [{ ...failed('error'), stderr: 'x: no such file' }],
    [failed('error')],
  ],
  ['answer', { answer: [B, A] }, [dns([A, B])], [dns([A])]],
  ['answer with one too many', { answer: [A] }, [dns([A])], [dns([A, B])]],
  [
    'case of letters',
    { answer: [A.toUpperCase()], compareCase: true },
    [dns([A.toUpperCase()])],
    [dns([A])],
  ],
  ['pod in an answer', { answer: ['IP of w1'] }, [dns(['x. 5 IN A 10.244.0.5'])], [dns([A])]],
  ['answerData', { answerData: ['10.0.0.1'] }, [dns([A])], [dns([B])]],
  [
    'any number',
    { answer: ['a. 5 IN SOA n. h. <serial> 1 2 3 5'] },
    [dns(['a. 5 IN SOA n. h. 77 1 2 3 5'])],
    [dns(['a. 5 IN SOA n. h. x 1 2 3 5'])],
  ],
  ['answerCount', { answerCount: 2 }, [dns([A, B])], [dns([A])]],
  [
    'order as listed',
    { answerData: ['10.0.0.1', '10.0.0.2'], answerOrder: 'stable' },
    [dns([A, B])],
    [dns([B, A])],
  ],
  [
    'order that changes',
    { answerOrder: 'random' },
    [dns([A, B]), dns([B, A])],
    [dns([A, B]), dns([A, B])],
  ],
  ['srvWeight', { srvWeight: 50 }, [dns([SRV])], [dns([SRV.replace('50', '33')])]],
  ['flags', { flags: 'tc' }, [dns([A], { flags: ['tc'] })], [dns([A])]],
  ['no flag', { flags: 'no tc' }, [dns([A])], [dns([A], { flags: ['tc'] })]],
  ['messageSize', { messageSize: 100 }, [dns([A])], [dns([A], { messageSize: 101 })]],
  ['messageSize without cookie', { messageSize: 88 }, [dns([A])], [dns([A], { cookieSize: 0 })]],
  [
    'transport',
    { transport: 'TCP after truncation' },
    [dns([A], { transport: 'TCP', isTcpRetry: true })],
    [dns([A])],
  ],
  [
    'additionalAddresses',
    { additionalAddresses: 1 },
    [dns([SRV], { additional: [A] })],
    [dns([SRV])],
  ],
  [
    'queries',
    { queries: [{ name: 'web.a.example.org.', A: 'NXDOMAIN', AAAA: 'NXDOMAIN' }] },
    [RESOLVER],
    [{ ...BASE, outcomes: ['ok'] }],
  ],
  ['packetsSent', { packetsSent: 2 }, [RESOLVER], [dns([A])]],
  [
    'resolv.conf',
    { search: ['a', 'b'], options: ['ndots:5'] },
    [
      {
        ...failed('ok'),
        resolvConf: { nameservers: [], search: ['a', 'b'], options: ['ndots:5'] },
      },
    ],
    [
      {
        ...failed('ok'),
        resolvConf: { nameservers: [], search: ['b', 'a'], options: ['ndots:5'] },
      },
    ],
  ],
];

for (const [name, expect, good, bad] of ROWS) {
  test(`expectation: ${name}`, () => {
    assert.equal(expectProblem(expect), undefined);
    assert.deepEqual(judge(expect, good, CONTEXT), []);
    assert.notDeepEqual(judge(expect, bad, CONTEXT), []);
  });
}

const UNKNOWN: readonly Fields[] = [
  { outcome: 'ok', moonPhase: 'full' },
  { outcome: 'it works most of the time' },
  { backends: 'whoever feels like it today' },
  { distribution: 'fair' },
  { sourceIPSeen: 'somebody in the second row' },
  { seconds: 'a while' },
  { transport: 'pigeon' },
  { answerOrder: 'alphabetical' },
];

for (const expect of UNKNOWN) {
  test(`not understood: ${JSON.stringify(expect)}`, () => {
    assert.equal(typeof expectProblem(expect), 'string');
  });
}

test('objects are compared by what is expected of them', () => {
  const actual = { spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] } };
  assert.equal(partlyEqual('a', { spec: { ports: [{ nodePort: 'set' }] } }, actual), undefined);
  assert.equal(partlyEqual('a', { spec: { clusterIP: 'absent' } }, actual), undefined);
  assert.match(
    partlyEqual('a', { spec: { type: 'ClusterIP' } }, actual) ?? '',
    /^a\.spec\.type is/,
  );
  assert.match(partlyEqual('a', { spec: { ports: [] } }, actual) ?? '', /^a\.spec\.ports is/);
});
