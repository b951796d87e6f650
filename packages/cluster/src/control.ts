/**
 * Control messages between the operator and hosts: out of band, never over the emulated network.
 *
 * They are how a scenario types at a console, pulls a cable or asks for a value. Between threads they
 * travel as JSON, so every field must survive that.
 */
import type { Message } from '@podwire/engine';
import type { UnderlayFault } from '@podwire/underlay';

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
