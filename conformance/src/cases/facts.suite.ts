/**
 * A small world as the tests know it: two nodes, three pods, one service.
 */
import type { Facts, PodFacts } from './facts.ts';

function pod(namespace: string, name: string, node: string, address: string): PodFacts {
  return {
    metadata: { namespace, name, uid: `uid-${name}` },
    spec: { nodeName: node },
    status: { podIP: address, hostIP: node === 'node-1' ? '192.168.10.11' : '192.168.10.12' },
  };
}

export const FACTS: Facts = {
  pods: [
    pod('default', 'w1', 'node-1', '10.244.0.5'),
    pod('default', 'web-6d4b75cb6d-xk7bd', 'node-2', '10.244.1.6'),
    pod('phpweb', 'hello-1', 'node-2', '10.244.1.7'),
  ],
  services: [
    {
      metadata: { namespace: 'default', name: 'web' },
      spec: { clusterIP: '10.96.7.7', ports: [{ name: 'http', port: 80, nodePort: 30080 }] },
    },
  ],
  nodes: [
    { name: 'node-1', address: '192.168.10.11', podCIDR: '10.244.0.0/24' },
    { name: 'node-2', address: '192.168.10.12', podCIDR: '10.244.1.0/24' },
  ],
  serviceNetwork: '10.96.0.0/12',
  dnsServiceIP: '10.96.0.10',
  saved: new Map([['old', '10.244.0.2']]),
  oldClusterIPs: new Map([['default/web', '10.96.1.1']]),
};
