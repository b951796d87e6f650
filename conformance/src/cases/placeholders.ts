/**
 * Placeholders in requests, manifests and expectations: `{podIP:web}`, `${dashed:ns/web}`, `{saved:old}`, `node-2`.
 *
 * They stand for what the world gives out as it runs, so they are filled in right before a text is used.
 */
import { textOf } from './case-file.ts';
import { addressAt, cidrSize, formatIp, parseCidr } from '@podwire/base';
import { type Facts, findNamed, findPod, podIP, podNetworkAddress } from './facts.ts';

/** `%{…}` is curl's own, `{.…}` kubectl's. */
const PLACEHOLDER = /(?<!%)\$?\{([A-Za-z]+)(?::([^{}\s]+))?\}/g;

/** Names that are known; the others make a case unsupported. */
const NAMES = new Set([
  'podIP',
  'dashed',
  'hostIP',
  'clusterIP',
  'oldClusterIP',
  'unusedClusterIP',
  'nodePort',
  'healthCheckNodePort',
  'lbIP',
  'bridgeIP',
  'vxlanIP',
  'nodeIP',
  'nodeCIDR',
  'nodeGateway',
  'managementIP',
  'joinIP',
  'dnsIP',
  'saved',
]);

/** jsonpath's own words in braces. */
const JSONPATH_WORDS = new Set(['end', 'range']);

export function hasPlaceholder(text: string): boolean {
  return [...text.matchAll(PLACEHOLDER)].some((match) => NAMES.has(match[1] ?? ''));
}

/** The first placeholder that is not known. */
export function unknownPlaceholder(text: string): string | undefined {
  for (const match of text.matchAll(PLACEHOLDER)) {
    const name = match[1] ?? '';
    if (!NAMES.has(name) && !JSONPATH_WORDS.has(name)) return match[0];
  }
  return undefined;
}

/** A text to be judged before anything has a value: `10` will do as port and as host. */
export function withoutPlaceholders(text: string, value: string = '10'): string {
  return text.replaceAll(PLACEHOLDER, (whole: string, name: string) =>
    NAMES.has(name) ? value : whole,
  );
}

/** Fills all in; the error names the first that has no value. */
export function fillIn(text: string, facts: Facts): { text: string } | { error: string } {
  let error: string | undefined;
  const filled = text.replaceAll(PLACEHOLDER, (whole: string, name: string, argument?: string) => {
    if (!NAMES.has(name)) return whole;
    const value = valueOf(name, argument ?? '', facts);
    if (value === undefined) error ??= `${whole} has no value`;
    return value ?? whole;
  });
  return error === undefined ? { text: filled } : { error };
}

/** `node-2` alone in a request is that node's address. */
export function fillInNodes(text: string, facts: Facts): string {
  return text.replaceAll(/(?<![\w.-])node-?(\d+)(?![\w.-])/g, (whole: string, number: string) => {
    return facts.nodes.find(({ name }) => name === `node-${number}`)?.address ?? whole;
  });
}

function valueOf(name: string, argument: string, facts: Facts): string | undefined {
  switch (name) {
    case 'podIP':
      return podIP(findPod(facts, argument));
    case 'dashed':
      return podIP(findPod(facts, argument))?.replaceAll(/[.:]/g, '-');
    case 'hostIP':
      return findPod(facts, argument)?.status?.hostIP;
    case 'clusterIP':
      return findNamed(facts.services, argument)?.spec.clusterIP;
    case 'oldClusterIP':
      return oldClusterIP(argument, facts);
    case 'unusedClusterIP':
      return unusedClusterIP(facts);
    case 'nodePort':
      return nodePort(argument, facts);
    case 'healthCheckNodePort':
      return findNamed(facts.services, argument)?.spec.healthCheckNodePort?.toString();
    case 'lbIP':
      return findNamed(facts.services, argument)?.status?.loadBalancer?.ingress?.[0]?.ip;
    // The first address of a node's pod network, on its bridge or on the port of OVN's router.
    case 'nodeGateway':
    case 'bridgeIP':
      return podNetworkAddress(facts, argument, 1);
    case 'managementIP':
      return podNetworkAddress(facts, argument, 2);
    case 'joinIP':
      return joinIP(argument, facts);
    case 'vxlanIP':
      return podNetworkAddress(facts, argument, 0);
    case 'nodeIP':
      return facts.nodes.find((node) => node.name === argument)?.address;
    case 'nodeCIDR':
      return nodeCIDR(argument, facts);
    case 'dnsIP':
      return facts.dnsServiceIP;
    case 'saved':
      return facts.saved.get(argument);
    default:
      return undefined;
  }
}

/** Of a node's gateway router; OVN-Kubernetes numbers nodes from 2. */
function joinIP(argument: string, facts: Facts): string | undefined {
  const index = facts.nodes.findIndex(({ name }) => name === argument);
  return index < 0 ? undefined : `100.64.0.${index + 2}`;
}

function oldClusterIP(argument: string, facts: Facts): string | undefined {
  if (argument === '') return [...facts.oldClusterIPs.values()][0];
  const key = argument.includes('/') ? argument : `default/${argument}`;
  return facts.oldClusterIPs.get(key);
}

/** An address of the service network that no service has. */
function unusedClusterIP(facts: Facts): string | undefined {
  const cidr = parseCidr(facts.serviceNetwork);
  if (cidr === undefined) return undefined;
  const taken = new Set(facts.services.map(({ spec }) => spec.clusterIP));
  const size = cidrSize(cidr);
  for (let index = Math.floor(size / 2) + 200; index < size - 1; index++) {
    const address = formatIp(addressAt(cidr, index));
    if (!taken.has(address)) return address;
  }
  return undefined;
}

/** `ns/name`, or `ns/name:port` by the port's name or number. */
function nodePort(argument: string, facts: Facts): string | undefined {
  const [reference = '', which] = argument.split(':');
  const ports = findNamed(facts.services, reference)?.spec.ports ?? [];
  const port =
    which === undefined
      ? ports[0]
      : ports.find((entry) => entry.name === which || textOf(entry.port) === which);
  return port?.nodePort?.toString();
}

/** `node-1`: the network; `node-1:200`: an address in it. */
function nodeCIDR(argument: string, facts: Facts): string | undefined {
  const [node = '', index] = argument.split(':');
  if (index !== undefined) return podNetworkAddress(facts, node, Number(index));
  return facts.nodes.find(({ name }) => name === node)?.podCIDR ?? facts.nodes[0]?.podCIDR;
}
