/**
 * The scenario's rim: files, threads, measures.
 */
export { fileReader } from './file-reader.ts';
export {
  OutOfMemory,
  type PhaseMeasure,
  type RunScaleOptions,
  type ScaleResult,
  runScale,
} from './run-scale.ts';
export { type RunScenarioOptions, pcapngOf, runScenario } from './run-scenario.ts';
