/**
 * Control messages between the operator and hosts: out of band, never over the emulated network.
 *
 * They are how a scenario types at a console, pulls a cable or asks for a value. Between threads they
 * travel as JSON, so every field must survive that.
 */
import type { Message } from '@podwire/engine';
import type { UnderlayFault } from '@podwire/underlay';
import type { PodTimes } from './control-plane/pod-timeline.ts';

/** How a command ended. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly startedNs: number;
  readonly endedNs: number;
  /** HTTP answers that the command saw, in order. */
  readonly http: readonly HttpSeen[];
}

export interface HttpSeen {
  readonly status: number;
}

/** What can be done to a host from outside its software. */
export type HostFault =
  | { readonly kind: 'power'; readonly on: boolean }
  | { readonly kind: 'component'; readonly name: string; readonly running: boolean }
  | { readonly kind: 'kill-sandbox'; readonly namespace: string; readonly pod: string }
  | {
      readonly kind: 'kill-container';
      readonly namespace: string;
      readonly pod: string;
      readonly container: string;
    }
  | { readonly kind: 'route'; readonly argv: readonly string[] };

/** A condition on the API's objects that a step waits for. */
export interface ObjectCondition {
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly selector?: string;
  /** A condition type that must be True, as `Ready` or `Available`; or `deleted`. */
  readonly condition?: string;
  /** A dotted path and the text that it must have. */
  readonly field?: { readonly path: string; readonly equals: string };
  readonly count?: number;
}

/** What the control plane tells of a large cluster. */
export interface ScaleStats {
  /** Undefined before `observe`. */
  readonly pods: PodTimes | undefined;
  readonly watches: WatchCounts;
  /** Objects by resource. */
  readonly objects: Readonly<Record<string, number>>;
  /** Length of all objects as JSON; 0 unless asked for. */
  readonly objectBytes: number;
  /** Version of the newest Service and of the newest EndpointSlice. */
  readonly servicesVersion: number;
  readonly slicesVersion: number;
}

/** What went out to watchers since the API server started. */
export interface WatchCounts {
  readonly events: number;
  readonly writes: number;
  readonly bytes: number;
}

/** What a node's kube-proxy has programmed, and what its conntrack table holds. */
export interface ProxyState {
  /** Versions of the newest Service and EndpointSlice events that the rules contain. */
  readonly servicesVersion: number;
  readonly slicesVersion: number;
  readonly syncCount: number;
  /** When the last sync ended, and how long it took. */
  readonly lastSyncNs: number;
  readonly lastSyncTimeNs: number;
  /** Connections in the node's table, those that have expired and were not swept included. */
  readonly trackedCount: number;
  /** Rules or flows in force on the node; 0 unless asked for. */
  readonly tableSize: number;
}

/** A container of a pod; without a name its first one. */
export interface PodPlace {
  readonly namespace: string;
  readonly name: string;
  readonly container?: string;
}

export type ControlRequest =
  | {
      readonly op: 'exec';
      readonly id: number;
      readonly argv: readonly string[];
      readonly stdin: string;
      /** Files that the command may read, by the name it uses. */
      readonly files: readonly (readonly [string, string])[];
      readonly traceId: number;
      /** Inside a container of a pod on that node, as its runtime does it, without API server and network. */
      readonly pod?: PodPlace;
    }
  | { readonly op: 'cancel'; readonly id: number; readonly target: number }
  | { readonly op: 'host-fault'; readonly id: number; readonly fault: HostFault }
  | { readonly op: 'underlay-fault'; readonly id: number; readonly fault: UnderlayFault }
  | { readonly op: 'wait'; readonly id: number; readonly condition: ObjectCondition }
  | { readonly op: 'ready'; readonly id: number }
  /** Creates objects through the API, many at a time. */
  | { readonly op: 'create'; readonly id: number; readonly objects: readonly unknown[] }
  /** Notes from now on when pods of this selector are created, bound and Ready. */
  | { readonly op: 'observe'; readonly id: number; readonly selector: string }
  /** Waits until the slices of Services with these labels hold so many ready endpoints. */
  | {
      readonly op: 'endpoints';
      readonly id: number;
      readonly count: number;
      readonly selector: string;
    }
  /** Asks the control plane for ScaleStats, a node for ProxyState. */
  | { readonly op: 'stats'; readonly id: number; readonly wantsSizes?: boolean }
  /** Asks the control plane for objects as JSON. */
  | {
      readonly op: 'list';
      readonly id: number;
      readonly resource: string;
      readonly namespace?: string;
    };

export type ControlReply =
  | { readonly op: 'result'; readonly id: number; readonly result: CommandResult }
  | { readonly op: 'done'; readonly id: number; readonly error?: string; readonly value?: unknown };

export interface ControlMessage extends Message {
  readonly kind: 'control';
  readonly body: ControlRequest | ControlReply;
}

export function controlMessage(body: ControlRequest | ControlReply): ControlMessage {
  return { kind: 'control', body };
}
