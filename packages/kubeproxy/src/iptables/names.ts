/**
 * Names of kube-proxy's chains: a prefix and 16 letters of base32(sha256(…)).
 */
import { base32, sha256 } from '@podwire/base';

const HASH_LETTERS = 16;

export interface ChainNames {
  readonly svc: string;
  readonly svl: string;
  readonly ext: string;
  readonly fw: string;
}

/** Chains of a service port; `name` is NAMESPACE/NAME[:PORT], `proto` in lower case. */
export function serviceChains(name: string, proto: string): ChainNames {
  const hash = serviceHash(name, proto);
  return {
    svc: `KUBE-SVC-${hash}`,
    svl: `KUBE-SVL-${hash}`,
    ext: `KUBE-EXT-${hash}`,
    fw: `KUBE-FW-${hash}`,
  };
}

/** What the names of a service port's chains end in, but for its endpoints'. */
export function serviceHash(name: string, proto: string): string {
  return base32(sha256(name + proto), HASH_LETTERS);
}

/** The end of a chain's name behind its last dash. */
export function hashOf(chain: string): string {
  return chain.slice(chain.lastIndexOf('-') + 1);
}

export function endpointChain(name: string, proto: string, endpoint: string): string {
  return `KUBE-SEP-${base32(sha256(name + proto + endpoint), HASH_LETTERS)}`;
}

export function isEndpointChain(name: string): boolean {
  return name.startsWith('KUBE-SEP-');
}

const PER_SERVICE = ['KUBE-SVC-', 'KUBE-SEP-', 'KUBE-EXT-', 'KUBE-SVL-', 'KUBE-FW-'] as const;

export function isServiceChain(name: string): boolean {
  for (const prefix of PER_SERVICE) if (name.startsWith(prefix)) return true;
  return false;
}
