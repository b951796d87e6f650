/**
 * Scenario files: reading and judging them, running their steps, reporting what came out.
 *
 * What needs the file system and threads lies behind `@podwire/scenario/host`.
 */
export { checkManifestFile } from './check-manifests.ts';
export { type FileReader, type Opened, FILE_BYTES_MAX } from './files.ts';
export { isMarkdown } from './markdown/tutorial.ts';
export { type LoadOptions, type LoadedScenario, loadScenario } from './parse.ts';
export { type JsonReport, type RunReport, type StepReport, jsonReport } from './report/json.ts';
export { junitReport } from './report/junit.ts';
export {
  NO_PAINT,
  type Paint,
  shortDuration,
  textHeading,
  textReady,
  textStep,
  textSummary,
} from './report/text.ts';
export { type ScenarioResult, isHeld } from './result.ts';
export { hostsOf } from './parse-cluster.ts';
export {
  type RunListener,
  type RunnerOptions,
  ScenarioRunner,
  type StepOutcome,
  applyFault,
} from './runner.ts';
export type {
  BackendExpectation,
  Expectation,
  Fault,
  FaultStep,
  JsonExpectation,
  ManifestSource,
  RunStep,
  Scenario,
  Step,
  TextExpectation,
  UnderlaySettings,
  WaitCondition,
  WaitStep,
} from './scenario.ts';
export { SCENARIO_SCHEMA } from './schema.ts';
export {
  type ScalePlan,
  type ScaleProblem,
  type ScaleRequest,
  checkScale,
  planScale,
} from './scale/scale-plan.ts';
export { SCALE_PHASES, type ScaleOutcome, type ScalePhase } from './scale/scale-program.ts';
export { type ScaleReport, scaleReport, textPhase, textScale } from './scale/scale-report.ts';
