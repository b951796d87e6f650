/**
 * Faults of the underlay, as plain data that the operator sends to the actors concerned.
 *
 * A fault of a link goes to the actors at both of its ends, with the same delay, so that both change at
 * the same instant; a partition goes to the switches. An actor that has no part in a fault ignores it.
 */
import type { LinkChange, LinkEnd } from './link.ts';
import type { HostPorts } from './port.ts';
import type { Switch } from './switch.ts';

export type UnderlayFault =
  | { readonly kind: 'link'; readonly link: string; readonly change: LinkChange }
  | {
      readonly kind: 'partition';
      readonly name: string;
      /** Names of hosts; nothing passes between different groups. */
      readonly groups: readonly (readonly string[])[];
    }
  | { readonly kind: 'heal'; readonly name: string };

/** Applies a fault at a host: its ends of the link. The reason when it cannot be. */
export function applyToHost(ports: HostPorts, fault: UnderlayFault): string | undefined {
  if (fault.kind !== 'link') return undefined;
  return ports.findLink(fault.link)?.change(fault.change);
}

/** The same at a switch. */
export function applyToSwitch(target: Switch, fault: UnderlayFault): string | undefined {
  switch (fault.kind) {
    case 'link':
      return changeSwitchLink(target, fault.link, fault.change);
    case 'partition':
      target.partitions.set(fault.name, fault.groups);
      return undefined;
    case 'heal':
      target.partitions.heal(fault.name);
      return undefined;
  }
}

function changeSwitchLink(target: Switch, link: string, change: LinkChange): string | undefined {
  for (const [port, end] of target.ports) {
    if (end.config.name !== link) continue;
    const problem = end.change(change);
    if (problem === undefined && goesDown(end, change)) target.macTable.forgetPort(port);
    return problem;
  }
  return undefined;
}

function goesDown(end: LinkEnd, change: LinkChange): boolean {
  return change.isUp === false && !end.isUp;
}
