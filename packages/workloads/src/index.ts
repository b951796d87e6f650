/**
 * What runs inside containers and on hosts: images, servers, and the commands that people type.
 */
export {
  BUILDER_STREAMS,
  type BuilderStream,
  type BuilderTag,
  builderImage,
} from './builder-catalogue.ts';
export {
  type BuiltImage,
  type SourceApp,
  appBody,
  appFiles,
  appServer,
  builtImageInfo,
  servesPages,
} from './built-image.ts';
export { COMMANDS } from './commands.ts';
export { ContainerFiles, overlaidFiles } from './container-files.ts';
export {
  type Command,
  type CommandContext,
  type ContainerPort,
  type CriContainerRow,
  type CriPodRow,
  type ExecContext,
  type FileView,
  type Libc,
  type NodeTools,
  type OutputStream,
  SignalState,
} from './context.ts';
export { Environment } from './environment.ts';
export {
  type FoundImage,
  type Image,
  commandsOf,
  findImage,
  imageNames,
} from './image-catalogue.ts';
export { type ImageInfo, imageInfo } from './image-info.ts';
export { LogBuffer, type LogLine } from './log-buffer.ts';
export { ProcessTable, type ProcessRow } from './process-table.ts';
export {
  type ContainerContext,
  type ContainerSpec,
  RunningContainer,
  type StopSignal,
  startContainer,
} from './program.ts';
export { type ExecResult, runCommand } from './run-command.ts';
export {
  type ScenarioAnswer,
  type ScenarioCall,
  type ScenarioFailure,
  type ScenarioFailureKind,
  type ScenarioImage,
  parseScenarioImages,
} from './scenario-image.ts';
export { SSH_PORT, startSshd } from './servers/sshd.ts';
export { parseShell } from './shell/parse.ts';
