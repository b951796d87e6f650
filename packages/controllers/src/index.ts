/**
 * The controllers of kube-controller-manager: reconcile loops over informers.
 */
export { ControllerContext } from './context.ts';
export { podTemplateHash } from './hash.ts';
export {
  CONTROLLERS,
  type ControllerEntry,
  ControllerManager,
  OPENSHIFT_CONTROLLERS,
  startControllers,
} from './manager.ts';
export type { OpenShiftOptions, RegistryImage } from './openshift/options.ts';
export { hexOf } from './openshift/reference.ts';
export { CONCURRENT_SYNCS, type ControllerOptions } from './options.ts';
export {
  podCondition,
  podIsActive,
  podIsAvailable,
  podIsReady,
  podIsTerminal,
} from './pod-state.ts';
