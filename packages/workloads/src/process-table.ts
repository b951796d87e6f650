/**
 * The processes of a container, pod or host, as ps shows them.
 */
export interface ProcessRow {
  readonly pid: number;
  readonly user: string;
  readonly startedNs: number;
  readonly command: string;
}

export class ProcessTable {
  readonly #rows = new Map<number, ProcessRow>();
  #lastPid = 0;

  /** Adds a process; the first gets pid 1. */
  add(command: string, startedNs: number, user = 'root'): number {
    const pid = ++this.#lastPid;
    this.#rows.set(pid, { pid, user, startedNs, command });
    return pid;
  }

  remove(pid: number): void {
    this.#rows.delete(pid);
  }

  rows(): readonly ProcessRow[] {
    return [...this.#rows.values()];
  }
}
