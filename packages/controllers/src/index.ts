/**
 * The controllers of kube-controller-manager: reconcile loops over informers.
 */
export { ControllerContext } from './context.ts';
export { podTemplateHash } from './hash.ts';
export {
  CONTROLLERS,
  type ControllerEntry,
  ControllerManager,
  startControllers,
} from './manager.ts';
export { CONCURRENT_SYNCS, type ControllerOptions } from './options.ts';
export {
  podCondition,
  podIsActive,
  podIsAvailable,
  podIsReady,
  podIsTerminal,
} from './pod-state.ts';
