/**
 * Which builds of one configuration may run beside each other, and which are kept.
 *
 * Copies openshift-controller-manager pkg/build/controller/policy and pkg/build/controller/common (HandleBuildPruning).
 */
import { type Build, type BuildConfig, type BuildPhase, compareText } from '@podwire/api';

/** Whether a build will change no more. */
export function isBuildDone(phase: BuildPhase | undefined): boolean {
  return phase === 'Complete' || phase === 'Failed' || phase === 'Error' || phase === 'Cancelled';
}

export function buildNumber(build: Build): number {
  return Number(build.metadata.annotations?.['openshift.io/build.number'] ?? 0);
}

/** What a new build does about the others of its configuration. */
export interface BuildTurn {
  readonly mayBegin: boolean;
  /** Older ones that need no more be built (SerialLatestOnly). */
  readonly cancels: readonly Build[];
}

export function turnOf(build: Build, siblings: readonly Build[]): BuildTurn {
  const policy = build.metadata.labels?.['openshift.io/build.start-policy'];
  if (policy === 'Parallel') return { mayBegin: true, cancels: [] };
  const older = siblings.filter(
    (each) => !isBuildDone(each.status?.phase) && buildNumber(each) < buildNumber(build),
  );
  const isLatestOnly = policy === 'SerialLatestOnly';
  return {
    mayBegin: older.length === 0,
    cancels: isLatestOnly
      ? older.filter(({ status }) => status?.phase !== 'Running' && status?.cancelled !== true)
      : [],
  };
}

/** Builds beyond the limits of their configuration, the oldest: of those that were completed, and of the others. */
export function prunable(config: BuildConfig, builds: readonly Build[]): readonly Build[] {
  const { successfulBuildsHistoryLimit, failedBuildsHistoryLimit } = config.spec;
  const beyond = (limit: number | undefined, isMeant: (phase: BuildPhase) => boolean): Build[] =>
    limit === undefined
      ? []
      : builds
          .filter(({ status }) => status !== undefined && isMeant(status.phase))
          .toSorted(newestFirst)
          .slice(limit);
  return [
    ...beyond(successfulBuildsHistoryLimit, (phase) => phase === 'Complete'),
    ...beyond(failedBuildsHistoryLimit, (phase) => isBuildDone(phase) && phase !== 'Complete'),
  ];
}

function newestFirst(a: Build, b: Build): number {
  const [left, right] = [a, b].map(({ metadata }) => metadata.creationTimestamp ?? '');
  return compareText(right ?? '', left ?? '') || buildNumber(b) - buildNumber(a);
}
