/**
 * What the main process of a container sees: its context, each part made when the process asks for it.
 *
 * A cluster has thousands of idle servers that never look at their environment, files or process table.
 */
import type { HostSim } from '@podwire/engine';
import type { NetNs } from '@podwire/netstack';
import { ContainerFiles } from './container-files.ts';
import {
  type Command,
  type CommandContext,
  type ContainerPort,
  type FileView,
  type Libc,
  type NodeTools,
  SignalState,
} from './context.ts';
import { Environment } from './environment.ts';
import { type FoundImage, commandsOf, isBusyboxImage } from './image-catalogue.ts';
import type { ProcessTable } from './process-table.ts';
import type { ContainerContext, RunningContainer } from './program.ts';
import { findCommand } from './run-command.ts';

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const NO_FILES: ReadonlyMap<string, string> = new Map();

export class ContainerView implements CommandContext {
  readonly signals: SignalState = new SignalState();
  readonly #container: RunningContainer;
  readonly #ctx: ContainerContext;
  /** undefined: an image of the scenario, which has all commands. */
  readonly #found: FoundImage | undefined;
  #files: FileView | undefined;

  constructor(container: RunningContainer, ctx: ContainerContext, found: FoundImage | undefined) {
    this.#container = container;
    this.#ctx = ctx;
    this.#found = found;
  }

  get sim(): HostSim {
    return this.#ctx.sim;
  }

  get ns(): NetNs {
    return this.#ctx.ns;
  }

  get hostname(): string {
    return this.#ctx.hostname;
  }

  get fs(): FileView {
    if (this.#files === undefined) {
      const { files } = this.#ctx;
      this.#files = new ContainerFiles(
        () => this.#baseFiles(),
        typeof files === 'function' ? files : (): typeof NO_FILES => files ?? NO_FILES,
      );
    }
    return this.#files;
  }

  get env(): ReadonlyMap<string, string> {
    const own: (readonly [string, string])[] = [
      ['PATH', DEFAULT_PATH],
      ['HOSTNAME', this.#ctx.hostname],
      ...(this.#found?.image.env ?? []),
    ];
    const version = this.#found?.version ?? '';
    if (version !== '') own.push(['PODWIRE_IMAGE_VERSION', version]);
    return new Environment([new Map(own), this.#ctx.env]);
  }

  get libc(): Libc {
    return this.#found?.image.libc ?? 'glibc';
  }

  get processes(): ProcessTable {
    return this.#container.processes;
  }

  get commands(): ReadonlySet<string> | undefined {
    return this.#found?.isKnown === true ? commandsOf(this.#found.image) : undefined;
  }

  get isBusybox(): boolean {
    return this.#found !== undefined && isBusyboxImage(this.#found.image);
  }

  get node(): NodeTools | undefined {
    return this.#ctx.node;
  }

  get epochSec(): number | undefined {
    return this.#ctx.epochSec;
  }

  get podName(): string {
    return this.#ctx.podName;
  }

  get namespace(): string {
    return this.#ctx.namespace;
  }

  get nodeName(): string {
    return this.#ctx.nodeName;
  }

  get containerPorts(): readonly ContainerPort[] {
    return this.#ctx.containerPorts;
  }

  get terminateMain(): () => void {
    return () => {
      this.#container.stop('TERM');
    };
  }

  get out(): (text: string) => void {
    return (text) => {
      this.#container.logs.append('stdout', text, this.#ctx.sim.nowNs());
    };
  }

  get err(): (text: string) => void {
    return (text) => {
      this.#container.logs.append('stderr', text, this.#ctx.sim.nowNs());
    };
  }

  get find(): (name: string) => Command | undefined {
    return (name) => {
      const command = findCommand(this, name);
      return typeof command === 'string' ? undefined : command;
    };
  }

  #baseFiles(): Iterable<readonly [string, string]> {
    const { resolvConf, hosts, hostname } = this.#ctx;
    return [
      ['/etc/resolv.conf', resolvConf],
      ['/etc/hosts', hosts],
      ['/etc/hostname', `${hostname}\n`],
      ...(this.#found?.image.files ?? []),
    ];
  }
}
