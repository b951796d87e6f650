/**
 * Probes of one container: startup, readiness, liveness, over the node's packet path to the pod.
 *
 * From: the pod worker when the container starts. To: the worker's callbacks with each change of result.
 * As kubelet's prober/worker.go: the first probe after initialDelaySeconds, one each periodSeconds; results
 * change after failureThreshold or successThreshold equal outcomes; while a startup probe has not
 * succeeded, the other two wait.
 */
import { NS_PER_SEC } from '@podwire/base';
import type { Container, Probe } from '@podwire/api';
import { type HostSim, type Proc, type Process, sleep } from '@podwire/engine';

export type ProbeKind = 'startup' | 'readiness' | 'liveness';

/** Outcome of one try; the text is what the event says after "probe failed: ". */
export type ProbeOutcome = { readonly ok: true } | { readonly ok: false; readonly text: string };

export interface ProbeHost {
  readonly sim: HostSim;
  /** Makes one try, within the timeout. */
  tryProbe(container: Container, probe: Probe, timeoutNs: number): Proc<ProbeOutcome>;
  onResult(kind: ProbeKind, isSuccess: boolean): void;
  onFailure(kind: ProbeKind, text: string): void;
}

export class ContainerProber {
  readonly #host: ProbeHost;
  readonly #container: Container;
  readonly #processes = new Map<ProbeKind, Process>();

  constructor(host: ProbeHost, container: Container, label: string) {
    this.#host = host;
    this.#container = container;
    const { startupProbe, readinessProbe, livenessProbe } = container;
    if (startupProbe !== undefined) {
      this.#spawn(label, 'startup', startupProbe);
      return;
    }
    this.#startOthers(label, readinessProbe, livenessProbe);
  }

  stop(): void {
    for (const process of this.#processes.values()) process.cancel();
  }

  /** The pod is terminating: only readiness is still of interest. */
  stopRestarts(): void {
    this.#processes.get('startup')?.cancel();
    this.#processes.get('liveness')?.cancel();
  }

  #startOthers(label: string, readiness: Probe | undefined, liveness: Probe | undefined): void {
    if (readiness !== undefined) this.#spawn(label, 'readiness', readiness);
    if (liveness !== undefined) this.#spawn(label, 'liveness', liveness);
  }

  #spawn(label: string, kind: ProbeKind, probe: Probe): void {
    this.#processes.set(
      kind,
      this.#host.sim.spawn(`${kind} probe ${label}`, this.#run(label, kind, probe)),
    );
  }

  *#run(label: string, kind: ProbeKind, probe: Probe): Proc {
    const periodNs = (probe.periodSeconds ?? 10) * NS_PER_SEC;
    const timeoutNs = (probe.timeoutSeconds ?? 1) * NS_PER_SEC;
    const successThreshold = probe.successThreshold ?? 1;
    const failureThreshold = probe.failureThreshold ?? 3;
    let result: boolean | undefined;
    let runLength = 0;
    let last: boolean | undefined;
    yield* sleep((probe.initialDelaySeconds ?? 0) * NS_PER_SEC);
    for (;;) {
      const startedNs = this.#host.sim.nowNs();
      const outcome = yield* this.#host.tryProbe(this.#container, probe, timeoutNs);
      runLength = outcome.ok === last ? runLength + 1 : 1;
      last = outcome.ok;
      if (!outcome.ok) this.#host.onFailure(kind, outcome.text);
      const threshold = outcome.ok ? successThreshold : failureThreshold;
      if (runLength >= threshold && result !== outcome.ok) {
        result = outcome.ok;
        this.#host.onResult(kind, result);
        if (kind === 'startup' && result) {
          this.#startOthers(label, this.#container.readinessProbe, this.#container.livenessProbe);
          return;
        }
        if (kind !== 'readiness' && !result) return;
      }
      const tookNs = this.#host.sim.nowNs() - startedNs;
      yield* sleep(Math.max(periodNs - tookNs, 0));
    }
  }
}
