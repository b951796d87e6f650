/**
 * A pod's sandbox: the pause container that holds the network namespace.
 *
 * Made before any container; the CNI plugin is called once for it. Its death takes the containers and the
 * address with it (event SandboxChanged), a container's death does not.
 */
import { formatIp } from '@podwire/base';
import type { Pod } from '@podwire/api';
import type { CniResult, PortMapping } from '@podwire/cni';
import { type Proc, sleep } from '@podwire/engine';
import type { NetNs } from '@podwire/netstack';
import type { KubeletOptions } from './options.ts';
import type { NodeRuntime } from './runtime.ts';

export interface Sandbox {
  readonly id: string;
  readonly attempt: number;
  readonly ns: NetNs;
  readonly isHostNetwork: boolean;
  readonly podIP: string;
  readonly cni: CniResult | undefined;
  readonly createdAtNs: number;
}

/** Makes the namespace and joins it to the pod network; the runtime's error text when that fails. */
export function* createSandbox(
  node: NodeRuntime,
  options: KubeletOptions,
  pod: Pod,
  id: string,
  attempt: number,
): Proc<Sandbox | { readonly error: string }> {
  yield* sleep(options.sandboxCreateNs);
  const createdAtNs = node.sim.nowNs();
  if (pod.spec.hostNetwork === true) {
    const podIP = formatIp(node.nodeIP);
    return { id, attempt, ns: node.ns, isHostNetwork: true, podIP, cni: undefined, createdAtNs };
  }
  const namespace = pod.metadata.namespace ?? 'default';
  const { name } = pod.metadata;
  const ns = node.createPodNs(`pod ${namespace}/${name}`);
  const args = {
    containerId: id,
    podNamespace: namespace,
    podName: name,
    netns: ns,
    ifName: 'eth0',
    portMappings: portMappings(pod),
  };
  const result = node.cni.add(args);
  if ('error' in result) {
    ns.destroy();
    return {
      error: `rpc error: code = Unknown desc = failed to setup network for sandbox "${id}": plugin type="${node.cni.name}" failed (add): ${result.error}`,
    };
  }
  const podIP = formatIp(result.ip);
  return { id, attempt, ns, isHostNetwork: false, podIP, cni: result, createdAtNs };
}

export function removeSandbox(node: NodeRuntime, sandbox: Sandbox): void {
  if (sandbox.isHostNetwork) return;
  const hostIfName = sandbox.cni?.hostIfName;
  node.cni.del({ containerId: sandbox.id, ...(hostIfName === undefined ? {} : { hostIfName }) });
  sandbox.ns.destroy();
}

function portMappings(pod: Pod): PortMapping[] {
  const mappings: PortMapping[] = [];
  for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
    for (const port of container.ports ?? []) {
      if (port.hostPort === undefined || port.hostPort === 0) continue;
      mappings.push({
        hostPort: port.hostPort,
        containerPort: port.containerPort,
        protocol: lowerProtocol(port.protocol),
        ...(port.hostIP === undefined ? {} : { hostIP: port.hostIP }),
      });
    }
  }
  return mappings;
}

function lowerProtocol(protocol: 'TCP' | 'UDP' | 'SCTP' | undefined): 'tcp' | 'udp' | 'sctp' {
  return protocol === 'UDP' ? 'udp' : protocol === 'SCTP' ? 'sctp' : 'tcp';
}
