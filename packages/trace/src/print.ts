/**
 * Prints walks of traced packets as text.
 */
import type { Step } from './step.ts';

/**
 * Orders steps of several hosts by time. The steps of a walk on one host keep the order in which they
 * happened: their times, which count costs ahead, are moved up where they would run backwards.
 */
export function mergeSteps(perHost: readonly (readonly Step[])[]): Step[] {
  const latestNs = new Map<string, number>();
  const all = perHost.flat().map((step, index) => {
    const walk = `${step.traceId} ${step.host}`;
    const atNs = Math.max(step.atNs, latestNs.get(walk) ?? 0);
    latestNs.set(walk, atNs);
    return { step: atNs === step.atNs ? step : { ...step, atNs }, index };
  });
  return all.sort(compareSteps).map((entry) => entry.step);
}

/** Hosts by name at one time, so that the order does not depend on how they were spread over threads. */
function compareSteps(
  a: { readonly step: Step; readonly index: number },
  b: { readonly step: Step; readonly index: number },
): number {
  if (a.step.atNs !== b.step.atNs) return a.step.atNs - b.step.atNs;
  if (a.step.host !== b.step.host) return a.step.host < b.step.host ? -1 : 1;
  return a.index - b.index;
}

/**
 * One block per packet, one line per step, details indented below. Times count from the first of all. Packets that were
 * born before `sinceNs` are left out.
 */
export function formatWalks(steps: readonly Step[], sinceNs = 0): string {
  const byTrace = new Map<number, Step[]>();
  for (const step of steps) {
    const list = byTrace.get(step.traceId);
    if (list === undefined) byTrace.set(step.traceId, [step]);
    else list.push(step);
  }
  const blocks: string[] = [];
  let number = 0;
  const walks = [...byTrace.values()].filter(([first]) => (first?.atNs ?? 0) >= sinceNs);
  const originNs = walks[0]?.[0]?.atNs ?? 0;
  for (const list of walks) blocks.push(formatWalk(list, ++number, originNs));
  return blocks.join('\n\n');
}

function formatWalk(steps: readonly Step[], number: number, originNs: number): string {
  const first = steps[0];
  if (first === undefined) return '';
  const lines = [`packet ${number}: ${first.packet}`];
  let where = '';
  for (const step of steps) {
    const place = step.where === step.host ? step.host : `${step.host} · ${step.where}`;
    if (place !== where) lines.push(`  ${place}`);
    where = place;
    const at = `+${((step.atNs - originNs) / 1000).toFixed(3)} µs`.padStart(14);
    const key = step.key === undefined ? '' : ` ${step.key}`;
    const verdict =
      step.end === undefined || step.end === step.verdict
        ? step.verdict
        : `${step.verdict} (${step.end})`;
    const lookups = step.lookups === undefined ? '' : `, ${step.lookups} looked at`;
    lines.push(`  ${at}  ${step.stage}${key}: ${verdict}${lookups}`);
    if (step.rule !== undefined) lines.push(`${' '.repeat(20)}${step.rule}`);
    if (step.change !== undefined) lines.push(`${' '.repeat(20)}${step.change}`);
  }
  return lines.join('\n');
}
