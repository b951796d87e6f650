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
