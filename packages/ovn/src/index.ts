/**
 * OVN on an OVS-like datapath: what a node of an OVN-Kubernetes cluster forwards by.
 */
export { OvsCost } from './cost.ts';
export { type Action, DROP, type LogicalFlow, flow, formatActions } from './lflow.ts';
export type {
  Acl,
  AddressSet,
  Backend,
  HostRouteRows,
  LoadBalancer,
  LoadBalancerGroup,
  LogicalRouter,
  LogicalRouterPort,
  LogicalSwitch,
  LogicalSwitchPort,
  Nat,
  PortAddress,
  PortGroup,
  RouterPolicy,
  RouterPortRows,
  StaticMacBinding,
  StaticRoute,
  SwitchPortRows,
} from './nb.ts';
export { OvnNode, type OvnNodeConfig, type PhysicalBridge } from './node.ts';
export { Depends, derive } from './northd/derived.ts';
export {
  CLIENT_PORT_BIT,
  FLOWS_PER_VIP,
  type LoadBalancerRow,
  VIP_MASK,
  groupOfRows,
  vipOf,
} from './northd/load-balancer.ts';
export { Classifier, type DerivedRules, exactMask } from './ovs/classifier.ts';
export { type FlowKey, Word, extractHeaders, newKey } from './ovs/flow-key.ts';
export { InternalPort } from './ovs/internal-port.ts';
export { signatureOf } from './ovs/megaflow.ts';
export { translate } from './ovs/xlate.ts';
