/**
 * `podwire scale`: brings a large cluster up, probes it, restarts a service, and tells rates and latencies.
 */
import type { Provider, ProxyMode } from '@podwire/cluster';
import { prepareWorkers } from '@podwire/cluster/host';
import {
  SCALE_PHASES,
  type ScaleRequest,
  checkScale,
  planScale,
  scaleReport,
  textPhase,
  textScale,
} from '@podwire/scenario';
import { OutOfMemory, type PhaseMeasure, runScale } from '@podwire/scenario/host';
import { ExitCode } from '../exit-code.ts';
import { Interruption } from '../interruption.ts';
import { printFault } from '../print-fault.ts';
import type { ScaleFlags } from '../program.ts';
import { ProgressLine } from '../progress.ts';

export async function scaleCommand(flags: ScaleFlags): Promise<number> {
  const request = requestOf(flags);
  const problems = checkScale(request);
  if (problems.length > 0) {
    for (const { message, hint } of problems) {
      process.stderr.write(`podwire: error PW4102: ${message}\n  hint: ${hint}\n`);
    }
    return ExitCode.badInput;
  }
  const plan = planScale(request);
  const isText = flags.json !== true;
  const title = `scale: ${request.nodes} nodes, ${request.pods} pods, ${request.services} services`;
  if (isText) process.stdout.write(`${title} · ${request.provider}, ${request.proxyMode}\n`);
  const interruption = new Interruption();
  const progress = new ProgressLine(title, true);
  progress.say('nodes');
  const onPhase = (measure: PhaseMeasure): void => {
    progress.clear();
    if (isText) process.stdout.write(textPhase(measure));
    progress.say(SCALE_PHASES[SCALE_PHASES.indexOf(measure.phase) + 1] ?? 'done');
  };
  const pool = flags.workers === undefined ? undefined : prepareWorkers(flags.workers);
  try {
    const result = await runScale(plan, {
      ...(flags.workers === undefined ? {} : { workers: flags.workers }),
      pool,
      signal: interruption.signal,
      collectsGarbage: flags.memory === true,
      onPhase,
      onProgress: (state) => progress.update(state),
    });
    progress.stop();
    const report = scaleReport(result);
    if (isText) {
      const { end, bringUp } = result.outcome;
      process.stdout.write(textScale(report, end ?? bringUp));
    } else process.stdout.write(`${JSON.stringify(report)}\n`);
    if (interruption.status !== undefined) return interruption.status;
    return report.held ? ExitCode.ok : ExitCode.failed;
  } catch (error) {
    progress.stop();
    if (error instanceof OutOfMemory) {
      process.stderr.write(outOfMemoryText(request, error));
      return ExitCode.fault;
    }
    printFault(error);
    return ExitCode.fault;
  } finally {
    interruption.dispose();
    await pool?.destroy();
  }
}

function requestOf(flags: ScaleFlags): ScaleRequest {
  return {
    nodes: flags.nodes,
    pods: flags.pods,
    services: flags.services ?? Math.max(1, Math.floor(flags.pods / 10)),
    endpoints: flags.endpoints,
    provider: flags.provider as Provider,
    proxyMode: flags.proxy as ProxyMode,
    probes: flags.probes,
    seed: flags.seed,
  };
}

function outOfMemoryText(request: ScaleRequest, error: OutOfMemory): string {
  const { limitBytes, usedBytes, virtualNs, phases } = error;
  const reached = phases.at(-1)?.phase;
  const far =
    reached === undefined ? 'before all nodes were Ready' : `after the phase "${reached}"`;
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
  return (
    `podwire: out of memory ${far}, at ${(virtualNs / 1e9).toFixed(1)} s of virtual time: ` +
    `${megabytes(usedBytes)} MB of ${megabytes(limitBytes)} MB heap are in use\n` +
    `  hint: lower --nodes (${request.nodes}), --pods (${request.pods}) or --services (${request.services}), ` +
    `or raise the limit: NODE_OPTIONS=--max-old-space-size=MEGABYTES\n`
  );
}
