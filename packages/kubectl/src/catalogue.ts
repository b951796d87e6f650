/**
 * All commands by name, and those that podwire refuses with a reason.
 */
import type { Command } from './command.ts';
import { applyCommand } from './verbs/apply.ts';
import { CONFIG_COMMANDS } from './verbs/config.ts';
import { cordonCommand, uncordonCommand } from './verbs/cordon.ts';
import { createCommand, replaceCommand } from './verbs/create-file.ts';
import { CREATE_COMMANDS } from './verbs/create-kind.ts';
import { deleteCommand } from './verbs/delete.ts';
import { describeCommand } from './verbs/describe.ts';
import { drainCommand } from './verbs/drain.ts';
import { eventsCommand } from './verbs/events.ts';
import { execCommand } from './verbs/exec.ts';
import { exposeCommand } from './verbs/expose.ts';
import { getCommand } from './verbs/get.ts';
import { INFO_COMMANDS } from './verbs/info.ts';
import { annotateCommand, labelCommand } from './verbs/label.ts';
import { logsCommand } from './verbs/logs.ts';
import { patchCommand } from './verbs/patch.ts';
import { ROLLOUT_COMMANDS } from './verbs/rollout.ts';
import { runCommand } from './verbs/run.ts';
import { scaleCommand } from './verbs/scale.ts';
import {
  setEnvCommand,
  setImageCommand,
  setResourcesCommand,
  setSelectorCommand,
} from './verbs/set.ts';
import { taintCommand } from './verbs/taint.ts';
import { waitCommand } from './verbs/wait.ts';

export const COMMANDS: readonly Command[] = [
  annotateCommand,
  applyCommand,
  ...CONFIG_COMMANDS,
  cordonCommand,
  ...CREATE_COMMANDS,
  createCommand,
  deleteCommand,
  describeCommand,
  drainCommand,
  eventsCommand,
  execCommand,
  exposeCommand,
  getCommand,
  ...INFO_COMMANDS,
  labelCommand,
  logsCommand,
  patchCommand,
  replaceCommand,
  ...ROLLOUT_COMMANDS,
  runCommand,
  scaleCommand,
  setEnvCommand,
  setImageCommand,
  setResourcesCommand,
  setSelectorCommand,
  taintCommand,
  uncordonCommand,
  waitCommand,
];

const NO_USERS = 'not modelled: podwire has no users and permits everything';
const SET_ACCOUNT = 'set serviceaccount is not modelled; use patch, or apply a manifest';

/** Verbs of the real kubectl (or verbs with a word) that are not here, and what to say instead of doing them. */
export const REFUSED: ReadonlyMap<string, string> = new Map([
  ['attach', 'attach is not modelled; use logs or exec'],
  ['auth', 'auth is not modelled: podwire has no users and permits everything'],
  ['autoscale', 'autoscale is not modelled: podwire has no metrics'],
  ['certificate', 'certificate is not modelled'],
  ['completion', 'completion of kubectl is not modelled'],
  ['create clusterrole', NO_USERS],
  ['create clusterrolebinding', NO_USERS],
  ['create priorityclass', 'create priorityclass is not modelled; apply a manifest'],
  ['create quota', 'create quota is not modelled'],
  ['create role', NO_USERS],
  ['create rolebinding', NO_USERS],
  [
    'create secret docker-registry',
    'create secret docker-registry is not modelled: images are pulled without credentials',
  ],
  ['create token', NO_USERS],
  ['cp', 'cp is not modelled: containers have no file system to copy from'],
  ['debug', 'debug is not modelled; use exec, or run a pod of your own'],
  ['explain', 'explain is not modelled; see the API reference'],
  ['diff', 'diff is not modelled; use apply --dry-run=server -o yaml'],
  ['edit', 'edit is not modelled: there is no editor; use patch, set or apply'],
  ['kustomize', 'kustomize is not modelled'],
  ['plugin', 'plugins are not modelled'],
  ['port-forward', 'port-forward is not modelled; use a NodePort Service, or curl from a pod'],
  ['proxy', 'proxy is not modelled'],
  ['set sa', SET_ACCOUNT],
  ['set serviceaccount', SET_ACCOUNT],
  ['set subject', NO_USERS],
]);
