/**
 * The controllers of kube-controller-manager: reconcile loops over informers.
 */
export { type ControllerOptions, ControllerContext } from './context.ts';
export { podTemplateHash } from './hash.ts';
export {
  CONTROLLERS,
  type ControllerEntry,
  ControllerManager,
  startControllers,
} from './manager.ts';
export {
  compareVictims,
  podCondition,
  podIsActive,
  podIsAvailable,
  podIsReady,
  podIsTerminal,
} from './pod-state.ts';
