/**
 * Rules in pieces against the same rules in one array: same order, same answers of the index.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ip } from '@podwire/base';
import { readRules } from './read-rules.ts';
import { FlatIndex, portKeyOf } from './rule-index.ts';
import { RulePieces } from './rule-pieces.ts';
import type { Rule } from './rule.ts';

const line = fc.oneof(
  fc.integer({ min: 1, max: 40 }).map((last) => `-d 10.96.0.${last}/32 -p tcp -m tcp --dport 80`),
  fc
    .tuple(fc.constantFrom('tcp', 'udp'), fc.integer({ min: 30_000, max: 30_020 }))
    .map(([proto, port]) => `-p ${proto} -m comment --comment "x" -m ${proto} --dport ${port}`),
  fc.constantFrom('-d 10.96.0.0/27', '-d 10.96.0.32/28 -p tcp', '! -d 10.96.0.1/32'),
  fc.integer({ min: 1, max: 9 }).map((last) => `-s 10.0.0.${last}/32`),
);
const run = fc.array(line, { minLength: 1, maxLength: 3 }).map((lines) =>
  readRules(
    'nat',
    lines.map((one) => `-A LIST ${one} -j GOAL`),
  ),
);
const key = fc.integer({ min: 0, max: 1500 }).map((number) => `key-${number}`);
const edits = fc.array(fc.tuple(key, fc.option(run, { nil: undefined, freq: 4 })), {
  maxLength: 40,
});
const ask = fc.tuple(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.integer({ min: 1, max: 45 }).map((last) => ip(`10.96.0.${last}`)),
  fc.constantFrom(6, 17, 1),
  fc.integer({ min: 29_999, max: 30_021 }),
);

function flat(runs: ReadonlyMap<string, readonly Rule[]>, tail: readonly Rule[]): readonly Rule[] {
  const sorted = [...runs].sort(([left], [right]) => (left < right ? -1 : 1));
  return [...sorted.flatMap(([, rules]) => rules), ...tail];
}

/** So many keys that pieces are split. */
const MANY = 900;

test('a list in pieces is the list', () => {
  const tail = readRules('nat', ['-A LIST -m addrtype --dst-type LOCAL -j END']);
  const filler = readRules('nat', ['-A LIST -d 10.96.1.1/32 -p tcp -m tcp --dport 80 -j GOAL']);
  fc.assert(
    fc.property(
      fc.array(edits, { minLength: 1, maxLength: 4 }),
      fc.array(ask, { minLength: 1, maxLength: 20 }),
      fc.boolean(),
      (batches, asks, hasTail) => {
        let runs = new Map<string, readonly Rule[]>();
        for (let number = 0; number < MANY; number++) runs.set(`key-${number}`, filler);
        let pieces = new RulePieces().with(runs);
        const versions = [[pieces, flat(runs, [])] as const];
        for (const batch of batches) {
          runs = new Map(runs);
          for (const [name, rules] of batch) {
            if (rules === undefined) runs.delete(name);
            else runs.set(name, rules);
          }
          pieces = pieces.with(new Map(batch));
          const shown = hasTail ? pieces.withTail(tail) : pieces;
          versions.push([shown, flat(runs, hasTail ? tail : [])]);
        }
        for (const [list, rules] of versions) {
          const index = new FlatIndex(rules);
          assert.equal(list.length, rules.length);
          for (const [share, dst, proto, port] of asks) {
            const at = Math.floor(share * rules.length);
            const next = list.next(at, dst, portKeyOf(proto, port));
            assert.equal(next, index.next(at, dst, portKeyOf(proto, port)));
            assert.equal(list.callsBefore(proto, at), index.callsBefore(proto, at));
            assert.equal(list.callsBefore(proto, next), index.callsBefore(proto, next));
            assert.equal(list.rule(at), rules[at]);
          }
          assert.deepEqual(list.rules, rules);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('a changed run leaves the other pieces as they are; the same run changes nothing', () => {
  const rules = readRules('nat', ['-A LIST -d 10.96.1.1/32 -j GOAL']);
  const list = new RulePieces().with(
    new Map(Array.from({ length: MANY }, (_, number) => [`key-${number}`, rules])),
  );
  assert.equal(list.with(new Map([['key-7', rules]])), list);
  assert.equal(list.with(new Map([['key-none', undefined]])), list);
  assert.equal(list.with(new Map([['key-7', undefined]])).length, MANY - 1);
});
