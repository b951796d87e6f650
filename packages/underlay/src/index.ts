/**
 * The underlay: links and learning switches between hosts, and their faults.
 */
export { type UnderlayFault, applyToHost, applyToSwitch } from './fault.ts';
export type { UnderlayHost } from './host.ts';
export {
  LINK_DEFAULTS,
  type LinkChange,
  type LinkConfig,
  LinkEnd,
  type LinkPeer,
  type PortCounters,
  type Tap,
  declareLink,
  withLinkDefaults,
} from './link.ts';
export { MAC_AGEING_NS, MacTable } from './mac-table.ts';
export { Partitions } from './partition.ts';
export { HostPorts, LinkPort } from './port.ts';
export { LineQueue, type QueueLimits } from './queue.ts';
export { Switch, type SwitchOptions } from './switch.ts';
