/**
 * What `crictl pods`, `crictl ps` and `docker ps` list on a node.
 *
 * Docker's names are cri-dockerd's: k8s_POD_<pod>_<namespace>_<uid>_<attempt> for the pause container and
 * k8s_<container>_<pod>_<namespace>_<uid>_<restarts> for the others; crictl shows containers alone.
 */
import type { ContainerRun } from './container.ts';
import type { PodWorker } from './pod-worker.ts';

export interface SandboxRow {
  readonly id: string;
  readonly createdAtNs: number;
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly attempt: number;
  readonly ip: string;
  readonly pid: number;
}

export interface ContainerRow {
  readonly id: string;
  readonly image: string;
  readonly command: string;
  readonly createdAtNs: number;
  readonly finishedAtNs: number | undefined;
  readonly exitCode: number | undefined;
  readonly name: string;
  readonly attempt: number;
  readonly podId: string;
  readonly podName: string;
  readonly namespace: string;
  readonly uid: string;
}

export interface RuntimeListing {
  readonly sandboxes: readonly SandboxRow[];
  readonly containers: readonly ContainerRow[];
}

export function runtimeListing(workers: Iterable<PodWorker>): RuntimeListing {
  const sandboxes: SandboxRow[] = [];
  const containers: ContainerRow[] = [];
  let pid = 1000;
  for (const worker of workers) {
    const { sandbox } = worker;
    const pod = { podName: worker.pod.metadata.name, namespace: worker.namespace, uid: worker.uid };
    if (sandbox !== undefined) {
      sandboxes.push({
        id: sandbox.id,
        createdAtNs: sandbox.createdAtNs,
        name: pod.podName,
        namespace: pod.namespace,
        uid: pod.uid,
        attempt: sandbox.attempt,
        ip: sandbox.podIP,
        pid: pid++,
      });
    }
    for (const record of [...worker.initContainers, ...worker.containers]) {
      for (const run of [record.current, record.previous]) {
        if (run === undefined) continue;
        containers.push({
          ...containerRow(run, record.container.name),
          podId: sandbox?.id ?? '',
          ...pod,
        });
      }
    }
  }
  containers.sort((a, b) => b.createdAtNs - a.createdAtNs);
  sandboxes.sort((a, b) => b.createdAtNs - a.createdAtNs);
  return { sandboxes, containers };
}

function containerRow(
  run: ContainerRun,
  name: string,
): Omit<ContainerRow, 'podId' | 'podName' | 'namespace' | 'uid'> {
  return {
    id: run.containerId,
    image: run.spec.image,
    command: [...run.spec.command, ...run.spec.args].join(' '),
    createdAtNs: run.startedAtNs,
    finishedAtNs: run.finishedAtNs,
    exitCode: run.exitCode,
    name,
    attempt: run.attempt,
  };
}
