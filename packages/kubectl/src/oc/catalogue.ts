/**
 * The verbs that `oc` has besides kubectl's, and those of kubectl's that it does its own way.
 */
import type { Command } from '../command.ts';
import { startBuildCommand } from './build.ts';
import { createRouteCommands, ocExposeCommand } from './expose.ts';
import { newAppCommand } from './new-app.ts';
import { newProjectCommand, projectCommand, projectsCommand, whoamiCommand } from './project.ts';
import { rolloutCancelCommand, rolloutLatestCommand } from './rollout.ts';
import { routeBackendsCommand } from './route-backends.ts';
import { rshCommand } from './rsh.ts';
import { statusCommand } from './status.ts';

/** They stand before kubectl's of the same name. */
export const OC_COMMANDS: readonly Command[] = [
  ...createRouteCommands,
  newAppCommand,
  newProjectCommand,
  ocExposeCommand,
  projectCommand,
  projectsCommand,
  rolloutCancelCommand,
  rolloutLatestCommand,
  routeBackendsCommand,
  rshCommand,
  startBuildCommand,
  statusCommand,
  whoamiCommand,
];

/** Verbs of the real oc that are not here. */
export const OC_REFUSED: ReadonlyMap<string, string> = new Map([
  ['adm', 'adm is not modelled'],
  ['cancel-build', 'cancel-build is not modelled; delete the build'],
  ['import-image', 'import-image is not modelled; give the image stream a tag with from'],
  ['login', 'login is not modelled: podwire has one user, who may do everything'],
  ['logout', 'logout is not modelled'],
  ['new-build', 'new-build is not modelled; use new-app, or apply a BuildConfig'],
  ['policy', 'policy is not modelled: podwire permits everything'],
  ['process', 'process is not modelled: podwire has no templates'],
  ['registry', 'registry is not modelled'],
  ['rollback', 'rollback is not modelled; use rollout undo'],
  ['secrets', 'secrets is not modelled'],
  ['serviceaccounts', 'serviceaccounts is not modelled'],
  ['tag', 'tag is not modelled; change the tags of the image stream'],
]);
