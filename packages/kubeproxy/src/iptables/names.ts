/**
 * Names of kube-proxy's chains: a prefix and 16 letters of base32(sha256(…)).
 */
import { base32, sha256 } from '../sha256.ts';

const HASH_LETTERS = 16;

export interface ChainNames {
  readonly svc: string;
  readonly svl: string;
  readonly ext: string;
  readonly fw: string;
}

/** Chains of a service port; `name` is NAMESPACE/NAME[:PORT], `proto` in lower case. */
export function serviceChains(name: string, proto: string): ChainNames {
  const hash = base32(sha256(name + proto), HASH_LETTERS);
  return {
    svc: `KUBE-SVC-${hash}`,
    svl: `KUBE-SVL-${hash}`,
    ext: `KUBE-EXT-${hash}`,
    fw: `KUBE-FW-${hash}`,
  };
}

export function endpointChain(name: string, proto: string, endpoint: string): string {
  return `KUBE-SEP-${base32(sha256(name + proto + endpoint), HASH_LETTERS)}`;
}

const PER_SERVICE = /^KUBE-(SVC|SVL|EXT|FW|SEP)-/;

export function isServiceChain(name: string): boolean {
  return PER_SERVICE.test(name);
}
