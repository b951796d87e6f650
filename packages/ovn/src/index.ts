/**
 * OVN on an OVS-like datapath: what a node forwards by.
 */
export { OvsCost } from './cost.ts';
export { type Backend, type LogicalFlow, formatActions } from './lflow.ts';
export { FLOWS_PER_VIP, type LoadBalancer, type LoadBalancers } from './load-balancer.ts';
export { LogicalDatapath, type LogicalPort } from './logical-datapath.ts';
export { OvnNode, type OvnNodeConfig } from './node.ts';
export { Classifier, exactMask } from './ovs/classifier.ts';
export { type FlowKey, Word, newKey } from './ovs/flow-key.ts';
export { InternalPort } from './ovs/internal-port.ts';
export {
  DUMMY_NEXT_HOP,
  EXTERNAL_BRIDGE,
  FIRST_NODE_ID,
  HOST_MASQUERADE_IP,
  JOIN_NETWORK,
  MANAGEMENT_PORT,
  MASQUERADE_NETWORK,
  type OvnPeer,
  type Peers,
  gatewayIp,
  joinIp,
  macOf,
  managementIp,
  nodeIdOf,
} from './topology.ts';
