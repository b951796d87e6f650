/**
 * Logical flows: what northd writes, what a node turns into tables, and what a trace shows.
 */
import { type Ip, formatIp, formatMac } from '@podwire/base';
import type { Backend } from './nb.ts';

/** A statement of a flow's actions. */
export type Action =
  | { readonly op: 'next' }
  | { readonly op: 'output' }
  | { readonly op: 'drop' }
  /** Straight to another table of the same pipeline. */
  | { readonly op: 'goto'; readonly stage: string }
  /** A bridge's `output:PORT`; the last word of the packet here. */
  | { readonly op: 'to-ports'; readonly ports: readonly string[] }
  | { readonly op: 'set'; readonly field: string; readonly value: number }
  | { readonly op: 'set-port'; readonly field: 'outport' | 'inport'; readonly port: string }
  | { readonly op: 'move'; readonly to: string; readonly from: string }
  | { readonly op: 'swap'; readonly one: string; readonly other: string }
  | { readonly op: 'dec-ttl' }
  | {
      readonly op: 'ct';
      readonly text: string;
      readonly zone: 'ct' | 'hairpin' | 'dnat' | 'snat' | number;
      readonly isCommit?: boolean;
      /** The packet goes on here without another lookup: no recirculation. */
      readonly isInline?: boolean;
      /** Stage that it goes on at, by default the next. */
      readonly at?: string;
      readonly nat?: { readonly src?: Ip; readonly dst?: Ip; readonly port?: number };
      /** Bits of ct_mark that are written on commit. */
      readonly mark?: { readonly field: string; readonly value: number };
    }
  | {
      readonly op: 'lb';
      readonly backends: readonly Backend[];
      /** Name under which clients are remembered, 0 = no affinity. */
      readonly service: string;
      readonly affinitySec: number;
      readonly zone: 'ct' | 'dnat';
    }
  | { readonly op: 'reject' }
  | {
      readonly op: 'icmp-error';
      readonly icmpType: number;
      readonly icmpCode: number;
      readonly from: Ip;
    }
  | { readonly op: 'get-arp' }
  | { readonly op: 'arp-request' }
  | { readonly op: 'put-arp' }
  | { readonly op: 'check-port-sec' }
  | { readonly op: 'check-hairpin'; readonly hairpinIp: Ip };

export interface LogicalFlow {
  /** `ls_in_lb`. */
  readonly stage: string;
  readonly priority: number;
  readonly match: string;
  readonly actions: readonly Action[];
}

export function flow(
  stage: string,
  priority: number,
  match: string,
  ...actions: readonly Action[]
): LogicalFlow {
  return { stage, priority, match, actions };
}

export const NEXT: Action = { op: 'next' };
export const OUTPUT: Action = { op: 'output' };
export const DROP: Action = { op: 'drop' };

/** The actions as ovn-sbctl lflow-list prints them. */
export function formatActions(actions: readonly Action[]): string {
  return actions.map(formatAction).join(' ');
}

function formatAction(action: Action): string {
  switch (action.op) {
    case 'next':
    case 'output':
    case 'drop':
      return `${action.op};`;
    case 'goto':
      return `next(${action.stage});`;
    case 'to-ports':
      return action.ports.map((port) => `output("${port}");`).join(' ');
    case 'set':
      return `${action.field} = ${formatValue(action.field, action.value)};`;
    case 'set-port':
      return `${action.field} = "${action.port}";`;
    case 'move':
      return `${action.to} = ${action.from};`;
    case 'swap':
      return `${action.one} <-> ${action.other};`;
    case 'dec-ttl':
      return 'ip.ttl--;';
    case 'ct':
      return action.text;
    case 'lb': {
      const list = action.backends.map(({ ip, port }) => `${formatIp(ip)}:${port}`).join(',');
      return `ct_lb_mark(backends=${list});`;
    }
    case 'reject':
      return 'reject { outport <-> inport; next(pipeline=egress); };';
    case 'icmp-error':
      return `icmp4 { icmp4.type = ${action.icmpType}; icmp4.code = ${action.icmpCode}; ip4.src = ${formatIp(action.from)}; };`;
    case 'get-arp':
      return 'get_arp(outport, reg0); next;';
    case 'arp-request':
      return 'arp { eth.dst = ff:ff:ff:ff:ff:ff; arp.spa = reg1; arp.tpa = reg0; arp.op = 1; output; };';
    case 'put-arp':
      return 'put_arp(inport, arp.spa, arp.sha); next;';
    case 'check-port-sec':
      return 'reg0[15] = check_in_port_sec(); next;';
    case 'check-hairpin':
      return 'reg0[6] = chk_lb_hairpin(); reg0[12] = chk_lb_hairpin_reply(); next;';
  }
}

function formatValue(field: string, value: number): string {
  if (/^(eth|arp)\.(src|dst|sha|tha)$/.test(field)) return formatMac(value);
  if (/^(ip4\.|arp\.[st]pa|reg[01]$)/.test(field)) return formatIp(value);
  return String(value);
}
