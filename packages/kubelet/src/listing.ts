/**
 * What `crictl pods`, `crictl ps` and `docker ps` list on a node.
 *
 * Docker's names are cri-dockerd's: k8s_POD_<pod>_<namespace>_<uid>_<attempt> for the pause container and
 * k8s_<container>_<pod>_<namespace>_<uid>_<restarts> for the others; crictl shows containers alone.
 */
import type { ContainerRecord, ContainerRun } from './container.ts';
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
  /** Hexadecimal digest of the image. */
  readonly imageId: string;
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
          ...containerRow(run, record),
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
  record: ContainerRecord,
): Omit<ContainerRow, 'podId' | 'podName' | 'namespace' | 'uid'> {
  const { command, args, image } = run.spec;
  const info = record.image;
  // A command replaces the image's entrypoint and its cmd, args only the cmd.
  const entrypoint = command.length > 0 ? command : (info?.entrypoint ?? []);
  const cmd = command.length > 0 || args.length > 0 ? args : (info?.cmd ?? []);
  return {
    id: run.containerId,
    image,
    imageId: info?.digest ?? image,
    command: [...entrypoint, ...cmd].join(' '),
    createdAtNs: run.startedAtNs,
    finishedAtNs: run.finishedAtNs,
    exitCode: run.exitCode,
    name: record.container.name,
    attempt: run.attempt,
  };
}
