/**
 * Runs a command in a container from its node, as `crictl exec` does: no API server, no network.
 */
import type { HostSim, Proc } from '@podwire/engine';
import type { Kubelet } from '@podwire/kubelet';
import type { CommandResult, ControlRequest, HttpSeen, PodPlace } from '../control.ts';

/** Exit status when there is no such container. */
const EXIT_NOT_FOUND = 126;

export function* execInPod(
  sim: HostSim,
  kubelet: Kubelet | undefined,
  request: Extract<ControlRequest, { op: 'exec' }>,
  place: PodPlace,
): Proc<CommandResult> {
  const startedNs = sim.nowNs();
  const worker = kubelet?.findPod(place.namespace, place.name);
  const record =
    place.container === undefined
      ? worker?.containers.find((entry) => entry.isRunning)
      : worker?.find(place.container);
  const run = record?.current;
  let stdout = '';
  let stderr = '';
  const http: HttpSeen[] = [];
  if (kubelet === undefined || run === undefined || run.finishedAtNs !== undefined) {
    stderr = `container not found: ${place.namespace}/${place.name} ${place.container ?? ''}\n`;
    return { exitCode: EXIT_NOT_FOUND, stdout, stderr, startedNs, endedNs: startedNs, http };
  }
  const exitCode = yield* kubelet.node.exec({
    spec: run.spec,
    program: run.program,
    argv: request.argv,
    stdin: request.stdin,
    traceId: request.traceId,
    out: (piece) => {
      stdout += piece;
    },
    err: (piece) => {
      stderr += piece;
    },
    onHttp: (status) => {
      http.push({ status });
    },
  });
  return { exitCode, stdout, stderr, startedNs, endedNs: sim.nowNs(), http };
}
