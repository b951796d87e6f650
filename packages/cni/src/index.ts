/**
 * Pod networks: the contract, and one implementation per network model.
 */
export { BridgePlugin } from './bridge/plugin.ts';
export {
  CNI_NOT_INITIALIZED,
  type CniArgs,
  type CniPlugin,
  type CniResult,
  type NodeContext,
  type PortMapping,
} from './cni.ts';
export {
  type HostLocalDisk,
  type HostLocalRange,
  emptyHostLocalDisk,
  hostLocalRange,
  releaseAddresses,
  releaseAll,
  reserveAddress,
} from './ipam/host-local.ts';
export { peerNodeOf } from './node-watch.ts';
export { NodeNetwork } from './ovn-kubernetes/network.ts';
export { type OvnContext, OvnKubernetesPlugin } from './ovn-kubernetes/plugin.ts';
export {
  FIRST_NODE_ID,
  HAIRPIN_IP,
  type OvnPeer,
  gatewayIp,
  macOf,
  managementIp,
} from './ovn-kubernetes/topology.ts';
export { NonePlugin } from './none/plugin.ts';
export { flannelRules } from './vxlan/masquerade.ts';
export { VxlanPlugin } from './vxlan/plugin.ts';
