/**
 * All commands by name, and those that podwire refuses with a reason.
 */
import type { Command } from './command.ts';
import { getCommand } from './verbs/get.ts';

export const COMMANDS: readonly Command[] = [getCommand];

/** Verbs of the real kubectl that are not here, and what to say instead of doing them. */
export const REFUSED: ReadonlyMap<string, string> = new Map([
  ['attach', 'attach is not modelled; use logs or exec'],
  ['auth', 'auth is not modelled: podwire has no users and permits everything'],
  ['autoscale', 'autoscale is not modelled: podwire has no metrics'],
  ['certificate', 'certificate is not modelled'],
  ['completion', 'completion of kubectl is not modelled'],
  ['cp', 'cp is not modelled: containers have no file system to copy from'],
  ['debug', 'debug is not modelled; use exec, or run a pod of your own'],
  ['diff', 'diff is not modelled; use apply --dry-run=server -o yaml'],
  ['edit', 'edit is not modelled: there is no editor; use patch, set or apply'],
  ['kustomize', 'kustomize is not modelled'],
  ['plugin', 'plugins are not modelled'],
  ['port-forward', 'port-forward is not modelled; use a NodePort Service, or curl from a pod'],
  ['proxy', 'proxy is not modelled'],
]);
