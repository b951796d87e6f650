/**
 * Prints walks of traced packets as text.
 */
import type { Step } from './step.ts';

/** Orders steps of several hosts by time; steps of one host at one time keep their order. */
export function mergeSteps(perHost: readonly (readonly Step[])[]): Step[] {
  const all = perHost.flat();
  return all
    .map((step, index) => ({ step, index }))
    .sort((a, b) => a.step.atNs - b.step.atNs || a.index - b.index)
    .map((entry) => entry.step);
}

/** One block per packet, one line per step, details indented below. Times count from the first of all. */
export function formatWalks(steps: readonly Step[]): string {
  const byTrace = new Map<number, Step[]>();
  for (const step of steps) {
    const list = byTrace.get(step.traceId);
    if (list === undefined) byTrace.set(step.traceId, [step]);
    else list.push(step);
  }
  const blocks: string[] = [];
  let number = 0;
  const originNs = steps[0]?.atNs ?? 0;
  for (const list of byTrace.values()) blocks.push(formatWalk(list, ++number, originNs));
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
    lines.push(`  ${at}  ${step.stage}${key}: ${verdict}`);
    if (step.rule !== undefined) lines.push(`${' '.repeat(20)}${step.rule}`);
    if (step.change !== undefined) lines.push(`${' '.repeat(20)}${step.change}`);
  }
  return lines.join('\n');
}
