/**
 * The scenario's rim: files, threads, measures.
 */
export { fileReader } from './file-reader.ts';
export { type RunScenarioOptions, pcapngOf, runScenario } from './run-scenario.ts';
