/**
 * What every container of a case runs: HTTP on its declared TCP ports, echo on UDP, answering with its pod's
 * name and its client's address.
 */
import type { ScenarioImage } from '@podwire/workloads';

export const CASE_IMAGE = 'podwire.example.org/case:1';
/** Goes on serving after SIGTERM until its grace period is over. */
export const CASE_IMAGE_LINGERING = 'podwire.example.org/case-lingering:1';

const COMMON = {
  answers: [{ path: '*', answer: { body: '{pod} {client}\n' } }],
  sizeBytes: 1_000_000,
} as const;

export const CASE_IMAGES: readonly ScenarioImage[] = [
  { ...COMMON, name: CASE_IMAGE },
  { ...COMMON, name: CASE_IMAGE_LINGERING, onTerm: 'ignore' },
];

/** In edge cases the image tells what it was asked, waits as it is told, and may speak TLS on port 8443. */
export function edgeCaseImages(tlsNames: readonly string[]): readonly ScenarioImage[] {
  const issuer = 'openshift-service-serving-signer';
  const certificates =
    tlsNames.length === 0 ? {} : { certificates: new Map([[8443, { names: tlsNames, issuer }]]) };
  return CASE_IMAGES.map((image) => ({
    ...image,
    ...certificates,
    answers: [{ path: '*', answer: { body: '{pod} {client} {port} {target}\n{headers}\n' } }],
    delayParameter: 'delay',
  }));
}
