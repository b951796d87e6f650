/**
 * Schema of MetalLB's kinds (metallb.io; api/v1beta1, v1beta2 of metallb/metallb 0.16).
 */
import type { StructTable } from './field-type.ts';
import { HEAD } from './meta-schema.ts';

export const METALLB_SCHEMA: StructTable = {
  IPAddressPool: { ...HEAD, spec: 'IPAddressPoolSpec!', status: '*json' },
  IPAddressPoolSpec: {
    addresses: '[]string!',
    autoAssign: '*bool',
    avoidBuggyIPs: 'bool',
    serviceAllocation: '*ServiceAllocation',
  },
  ServiceAllocation: {
    priority: 'int32',
    namespaces: '[]string',
    namespaceSelectors: '[]LabelSelector',
    serviceSelectors: '[]LabelSelector',
  },
  L2Advertisement: { ...HEAD, spec: 'L2AdvertisementSpec', status: '*json' },
  L2AdvertisementSpec: {
    ipAddressPools: '[]string',
    ipAddressPoolSelectors: '[]LabelSelector',
    nodeSelectors: '[]LabelSelector',
    interfaces: '[]string',
  },
  BGPAdvertisement: { ...HEAD, spec: '*json', status: '*json' },
  BGPPeer: { ...HEAD, spec: '*json', status: '*json' },
};
