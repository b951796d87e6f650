/**
 * The megaflow cache against one that probes mask after mask: same megaflow, same number of probes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NS_PER_SEC } from '@podwire/base';
import { type FlowKey, Word, equalUnder, maskWords, newKey, sameMask } from './flow-key.ts';
import { type Megaflow, MegaflowCache } from './megaflow.ts';

/** Every mask holds port and recirculation id, as translations have it. */
const MASKS = [
  [],
  [Word.ipDst],
  [Word.ipDst, Word.l4Dst],
  [Word.ctState, Word.ipSrc],
  [Word.l4Dst],
].map((words) => {
  const mask = newKey();
  for (const word of [Word.physPort, Word.recirc, ...words]) mask[word] = 0xffffffff;
  return mask;
});

const keyArbitrary = fc
  .record({ physPort: fc.nat(1), recirc: fc.nat(2), ipDst: fc.nat(2), l4Dst: fc.nat(2) })
  .map((words) => {
    const key = newKey();
    for (const [name, value] of Object.entries(words))
      key[Word[name as keyof typeof words]] = value;
    return key;
  });

const stepArbitrary = fc.record({
  key: keyArbitrary,
  mask: fc.constantFrom(...MASKS),
  /** Rarely long enough for megaflows to be idle. */
  passNs: fc.oneof({ weight: 9, arbitrary: fc.nat(1000) }, fc.constant(11 * NS_PER_SEC)),
});

/** Masks in order of their coming; the entry of the mask cache says which comes first. */
class PlainCache {
  readonly tables: { readonly mask: FlowKey; flows: Megaflow[] }[] = [];

  add(flow: Megaflow): void {
    const table = this.tables.find(({ mask }) => sameMask(mask, flow.mask));
    if (table === undefined) this.tables.push({ mask: flow.mask, flows: [flow] });
    else table.flows.push(flow);
  }

  find(key: FlowKey, nowNs: number): { readonly flow: Megaflow | undefined; readonly at: number } {
    for (const [at, table] of this.tables.entries()) {
      const words = maskWords(table.mask);
      const flow = table.flows.find((one) => equalUnder(key, one.key, table.mask, words));
      if (flow === undefined) continue;
      if (nowNs - flow.usedNs <= 10 * NS_PER_SEC) return { flow, at };
      table.flows = table.flows.filter((one) => one !== flow);
    }
    return { flow: undefined, at: -1 };
  }
}

test('what is found is what a search of all masks finds', () => {
  fc.assert(
    fc.property(fc.array(stepArbitrary, { maxLength: 60 }), (steps) => {
      const cache = new MegaflowCache();
      const plain = new PlainCache();
      let nowNs = 0;
      for (const { key, mask, passNs } of steps) {
        nowNs += passNs;
        const found = cache.lookup(key, nowNs);
        const { flow, at } = plain.find(key, nowNs);
        // Megaflows that overlap say the same: one may be found by the mask that hit last.
        assert.equal(found === undefined, flow === undefined);
        if (found === undefined) {
          assert.equal(cache.probeCount, cache.maskCount);
          const translation = { mask, actions: [], flows: [], tableCount: 0, depends: 0 };
          const installed = { key, readyNs: nowNs, generation: 0, usedNs: nowNs };
          plain.add(cache.insert(translation, installed));
          continue;
        }
        assert.ok(equalUnder(key, found.key, found.mask, maskWords(found.mask)));
        assert.ok(cache.probeCount === 1 || cache.probeCount >= at + 1);
        assert.equal(cache.lookup(key, nowNs), found);
        assert.equal(cache.probeCount, 1, 'the mask cache knows it now');
      }
    }),
  );
});

test('passes of one flow have entries of their own in the mask cache', () => {
  const cache = new MegaflowCache();
  const keys = [0, 1, 2].map((recirc) => {
    const key = newKey();
    key[Word.recirc] = recirc;
    key[Word.ipDst] = 7;
    return key;
  });
  for (const [at, key] of keys.entries()) {
    const translation = {
      mask: MASKS[at] as FlowKey,
      actions: [],
      flows: [],
      tableCount: 0,
      depends: 0,
    };
    cache.insert(translation, { key, readyNs: 0, generation: 0, usedNs: 0 });
  }
  for (let round = 0; round < 2; round++) {
    for (const key of keys) cache.lookup(key, 0);
  }
  for (const key of keys) {
    cache.lookup(key, 0);
    assert.equal(cache.probeCount, 1);
  }
});
