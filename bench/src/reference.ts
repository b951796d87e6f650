/**
 * A fixed piece of plain computing, the yardstick of this machine at this moment.
 *
 * Integer arithmetic and a Map, as the packet path is made of. It must never change: results of two commits
 * are compared through it.
 */
export function runReference(iterations: number): number {
  const table = new Map<number, number>();
  for (let key = 0; key < 4096; key++) table.set(key, key);
  let state = 1;
  let sum = 0;
  for (let turn = 0; turn < iterations; turn++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const key = state >>> 20;
    const value = table.get(key) ?? 0;
    sum = (sum + (value ^ (state & 0xff))) | 0;
    if ((state & 7) === 0) table.set(key, (value + 1) & 0xffff);
  }
  return sum;
}
