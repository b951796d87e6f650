/**
 * Runs a command in a container or on a host, as `kubectl exec` and `ssh` do.
 */
import type { Proc } from '@podwire/engine';
import { COMMANDS } from './commands.ts';
import {
  type Command,
  type CommandContext,
  type ContainerPort,
  type ExecContext,
  type OutputStream,
  SignalState,
} from './context.ts';

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Set when the runtime could not start the command at all: what it says. */
  readonly runtimeError?: string;
}

/** Runs argv to its end and gives what it printed; `ctx.onOutput` gets it as it comes. */
export function* runCommand(ctx: ExecContext, argv: readonly string[]): Proc<ExecResult> {
  const name = argv[0] ?? '';
  const command = findCommand(ctx, name);
  if (typeof command === 'string') {
    return { exitCode: 127, stdout: '', stderr: '', runtimeError: command };
  }
  const printed = { stdout: '', stderr: '' };
  const write = (stream: OutputStream, text: string): void => {
    if (text === '') return;
    printed[stream] += text;
    ctx.onOutput?.(stream, text);
  };
  const pid = ctx.processes.add(argv.join(' '), ctx.sim.nowNs());
  try {
    const exitCode = yield* command(commandContext(ctx, write, new SignalState(), []), argv);
    return { exitCode, ...printed };
  } finally {
    ctx.processes.remove(pid);
  }
}

/** The command of that name here, or the runtime's complaint. */
export function findCommand(ctx: ExecContext, name: string): Command | string {
  const base = name.slice(name.lastIndexOf('/') + 1);
  const command = COMMANDS.get(base);
  const exists = ctx.commands === undefined || ctx.commands.has(base);
  if (command !== undefined && exists && base !== '') return command;
  return runtimeNotFound(name);
}

/** What runc says, as containerd passes it on. */
export function runtimeNotFound(name: string): string {
  const reason = name.includes('/')
    ? `stat ${name}: no such file or directory`
    : 'executable file not found in $PATH';
  return `OCI runtime exec failed: exec failed: unable to start container process: exec: "${name}": ${reason}: unknown`;
}

/** A process's context from its machine's. */
function commandContext(
  ctx: ExecContext,
  write: (stream: OutputStream, text: string) => void,
  signals: SignalState,
  containerPorts: readonly ContainerPort[],
): CommandContext {
  return {
    ...ctx,
    signals,
    containerPorts,
    find: (name) => {
      const command = findCommand(ctx, name);
      return typeof command === 'string' ? undefined : command;
    },
    out: (text) => {
      write('stdout', text);
    },
    err: (text) => {
      write('stderr', text);
    },
  };
}
