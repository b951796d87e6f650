/**
 * The classifier against a linear search.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Classifier, type Rule } from './classifier.ts';
import { type FlowKey, Word, equalUnder, maskWords, newKey } from './flow-key.ts';

const WORDS = [Word.inPort, Word.ipDst, Word.l4Dst] as const;
/** Few bits, so that rules and packets meet. */
const MASKS = [0, 0xffffffff, 0xfffffffe, 0xfffffffc, 0x3] as const;

const sparse = fc
  .array(fc.nat(7), { minLength: WORDS.length, maxLength: WORDS.length })
  .map((values) => keyOf(values));

const ruleArbitrary = fc
  .tuple(sparse, fc.array(fc.constantFrom(...MASKS), { minLength: 3, maxLength: 3 }), fc.nat(5))
  .map(([key, masks, priority]) => ({ key, mask: keyOf(masks), priority }));

function keyOf(values: readonly number[]): FlowKey {
  const key = newKey();
  for (const [at, word] of WORDS.entries()) key[word] = values[at] ?? 0;
  return key;
}

/** The obvious search: every rule, the greatest priority of those that fit. */
function linear(rules: readonly Rule<number>[], key: FlowKey): number | undefined {
  let best: number | undefined;
  for (const { key: own, mask, priority } of rules) {
    if (!equalUnder(key, own, mask, maskWords(mask))) continue;
    if (best === undefined || priority > best) best = priority;
  }
  return best;
}

test('the classifier finds what a linear search finds, after removals too', () => {
  fc.assert(
    fc.property(
      fc.array(ruleArbitrary, { maxLength: 30 }),
      fc.array(fc.nat(40), { maxLength: 10 }),
      fc.array(sparse, { minLength: 1, maxLength: 20 }),
      (specs, removals, packets) => {
        const classifier = new Classifier<number>();
        const rules: Rule<number>[] = specs.map((spec, value) => ({ ...spec, value }));
        for (const rule of rules) classifier.insert(rule);
        for (const at of removals) {
          const [gone] = rules.splice(at, 1);
          if (gone !== undefined) classifier.remove(gone);
        }
        for (const packet of packets) {
          assert.equal(classifier.lookup(packet)?.priority, linear(rules, packet));
        }
      },
    ),
  );
});

test('packets that agree where the lookup looked get the same answer', () => {
  fc.assert(
    fc.property(
      fc.array(ruleArbitrary, { maxLength: 30 }),
      sparse,
      sparse,
      (specs, packet, other) => {
        const classifier = new Classifier<number>();
        for (const [value, spec] of specs.entries()) classifier.insert({ ...spec, value });
        const seen = newKey();
        const found = classifier.lookup(packet, (word, bits) => {
          seen[word] = (seen[word] as number) | bits;
        });
        const twin = other.map(
          (value, word) =>
            (value & ~(seen[word] as number)) | ((packet[word] as number) & (seen[word] as number)),
        );
        assert.equal(classifier.lookup(twin)?.priority, found?.priority);
      },
    ),
  );
});

test('of an address that no prefix holds only the first bits count that tell so', () => {
  const classifier = new Classifier<string>();
  const mask = newKey();
  mask[Word.ethType] = 0xffff;
  mask[Word.ipSrc] = 0xffffffff;
  const key = newKey();
  key[Word.ethType] = 0x0800;
  key[Word.ipSrc] = 0x0af40002;
  classifier.insert({ priority: 1, key, mask, value: 'node' });
  const rows: readonly (readonly [address: number, bits: number])[] = [
    [0x0a60000a, 0xff800000],
    [0x0af40003, 0xffffffff],
    [0xc0000201, 0x80000000],
    [0x0af40002, 0xffffffff],
  ];
  for (const [address, bits] of rows) {
    const packet = key.slice();
    packet[Word.ipSrc] = address;
    const seen = newKey();
    classifier.lookup(packet, (word, looked) => {
      seen[word] = (seen[word] as number) | looked;
    });
    assert.equal(seen[Word.ipSrc], bits, address.toString(16));
  }
});

test('the search ends when the best so far beats the rest', () => {
  const classifier = new Classifier<string>();
  const rule = (priority: number, word: number, value: string): Rule<string> => {
    const mask = newKey();
    mask[word] = 0xffffffff;
    return { priority, key: newKey(), mask, value };
  };
  classifier.insert(rule(10, Word.ipDst, 'low'));
  classifier.insert(rule(100, Word.inPort, 'high'));
  classifier.insert(rule(50, Word.l4Dst, 'middle'));
  assert.equal(classifier.lookup(newKey())?.value, 'high');
  assert.equal(classifier.probeCount, 1);
});
