/**
 * What the scheduler knows of one node beside its numbers (node-table.ts): the object and the pods on it.
 */
import type { Node, StringMap } from '@podwire/api';
import { assert } from '@podwire/base';
import { UsedPorts } from './host-ports.ts';
import type { NodeTable } from './node-table.ts';
import type { PodInfo } from './pod-info.ts';

const NO_LABELS: StringMap = {};

export class NodeInfo {
  readonly name: string;
  readonly slot: number;
  readonly #table: NodeTable;
  /** Undefined while pods name a node that is not known. */
  #node: Node | undefined;
  /** In the order in which they were placed. */
  pods: PodInfo[] = [];
  #usedPorts: UsedPorts | undefined;

  constructor(name: string, slot: number, table: NodeTable) {
    this.name = name;
    this.slot = slot;
    this.#table = table;
  }

  get isKnown(): boolean {
    return this.#node !== undefined;
  }

  get node(): Node {
    assert(this.#node !== undefined, `node ${this.name} is known`);
    return this.#node;
  }

  set node(node: Node | undefined) {
    this.#node = node;
  }

  get labels(): StringMap {
    return this.#node?.metadata.labels ?? NO_LABELS;
  }

  get usedPorts(): UsedPorts | undefined {
    return this.#usedPorts;
  }

  label(key: string): string | undefined {
    return Object.hasOwn(this.labels, key) ? this.labels[key] : undefined;
  }

  allocatable(resource: string): number {
    return this.#table.allocatableOf(this.slot, resource);
  }

  requested(resource: string): number {
    return this.#table.requestedOf(this.slot, resource);
  }

  addPod(info: PodInfo): void {
    this.pods.push(info);
    const { hostPorts } = info.template;
    if (hostPorts.length === 0) return;
    this.#usedPorts ??= new UsedPorts();
    for (const port of hostPorts) this.#usedPorts.add(port);
  }

  removePod(info: PodInfo): void {
    this.pods.splice(this.pods.lastIndexOf(info), 1);
    for (const port of info.template.hostPorts) this.#usedPorts?.remove(port);
  }
}
