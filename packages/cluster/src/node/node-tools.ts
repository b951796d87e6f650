/**
 * What crictl and docker show on a node, from its kubelet's listing.
 */
import type { Kubelet } from '@podwire/kubelet';
import type { CriContainerRow, CriPodRow, NodeTools } from '@podwire/workloads';

export function nodeTools(kubelet: () => Kubelet | undefined): NodeTools {
  return {
    criPods: (): readonly CriPodRow[] =>
      (kubelet()?.listing().sandboxes ?? []).map((row) => ({
        id: row.id,
        createdNs: row.createdAtNs,
        state: 'Ready',
        name: row.name,
        namespace: row.namespace,
        uid: row.uid,
        attempt: row.attempt,
      })),
    criContainers: (): readonly CriContainerRow[] =>
      (kubelet()?.listing().containers ?? []).map((row) => ({
        id: row.id,
        image: row.image,
        imageId: row.imageId,
        createdNs: row.createdAtNs,
        startedNs: row.createdAtNs,
        state: row.finishedAtNs === undefined ? 'Running' : 'Exited',
        name: row.name,
        attempt: row.attempt,
        podId: row.podId,
        podName: row.podName,
        podNamespace: row.namespace,
        podUid: row.uid,
        command: row.command,
        ...(row.finishedAtNs === undefined ? {} : { finishedNs: row.finishedAtNs }),
        ...(row.exitCode === undefined ? {} : { exitCode: row.exitCode }),
      })),
    criImages: () =>
      [...(kubelet()?.node.pulledImages.values() ?? [])].map((image) => ({
        name: image.reference,
        id: image.digest ?? image.reference,
        sizeBytes: image.sizeBytes,
      })),
    criLogs: (id) => {
      for (const worker of kubelet()?.workers.values() ?? []) {
        for (const record of [...worker.containers, ...worker.initContainers]) {
          for (const run of [record.current, record.previous]) {
            if (run !== undefined && run.containerId.startsWith(id)) {
              return run.spec.lines.map((line) => `${line.text}\n`).join('');
            }
          }
        }
      }
      return undefined;
    },
  };
}
