/**
 * `kubectl` (and `oc`) as people type it: a process that speaks to the API alone.
 */
export type {
  ExecRequest,
  ExecResult,
  KubectlContext,
  LogsRequest,
  LogsResult,
  ManifestFile,
  Program,
  ReadFileOptions,
} from './context.ts';
export { evaluateJsonPath } from './jsonpath.ts';
export { type CommandLineCheck, parseKubectl } from './parse.ts';
export { runKubectl } from './run.ts';
