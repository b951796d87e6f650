/**
 * Pods that were promised a node by preemption and wait for their victims to leave.
 */
import type { PodInfo } from './pod-info.ts';

const NONE: readonly PodInfo[] = [];

export class Nominator {
  readonly #nodeOf = new Map<string, string>();
  readonly #podsOn = new Map<string, Map<string, PodInfo>>();

  get isEmpty(): boolean {
    return this.#nodeOf.size === 0;
  }

  put(pod: PodInfo, nodeName: string): void {
    this.remove(pod.key);
    this.#nodeOf.set(pod.key, nodeName);
    let pods = this.#podsOn.get(nodeName);
    if (pods === undefined) {
      pods = new Map();
      this.#podsOn.set(nodeName, pods);
    }
    pods.set(pod.key, pod);
  }

  remove(key: string): void {
    const nodeName = this.#nodeOf.get(key);
    if (nodeName === undefined) return;
    this.#nodeOf.delete(key);
    const pods = this.#podsOn.get(nodeName);
    pods?.delete(key);
    if (pods?.size === 0) this.#podsOn.delete(nodeName);
  }

  nodeOf(key: string): string | undefined {
    return this.#nodeOf.get(key);
  }

  podsOn(nodeName: string): readonly PodInfo[] {
    const pods = this.#podsOn.get(nodeName);
    return pods === undefined ? NONE : [...pods.values()];
  }
}
