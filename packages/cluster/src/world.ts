/**
 * Builds one shard of the world from its specification.
 */
import { cidr, must } from '@podwire/base';
import type { HostSim, MessageCodec, Message, ShardContext, ShardWorld } from '@podwire/engine';
import { type PacketEnd, PacketLedger, Recorder, type Step } from '@podwire/trace';
import { Switch } from '@podwire/underlay';
import { FrameLane, type WireMessage, decodeFrameMessage, encodeFrameMessage } from '@podwire/wire';
import { CaptureTap, type CapturedFrame } from './capture.ts';
import {
  type ControlMessage,
  type ControlReply,
  type ControlRequest,
  controlMessage,
} from './control.ts';
import { EmulatedHost, type HostPrograms } from './emulated-host.ts';
import { type HostInventory, takeInventory } from './inventory.ts';
import { Operator } from './operator.ts';
import { type ProxyLatencies, SharedWorld } from './shared-world.ts';
import {
  CONTROL_DELAY_NS,
  type HostRole,
  type HostSpec,
  type SwitchSpec,
  type WorldSpec,
} from './world-spec.ts';

/** What a shard hands over when the run is over. */
export interface CollectedShard {
  readonly steps: readonly Step[];
  readonly frames: readonly CapturedFrame[];
  readonly born: number;
  readonly underWay: number;
  readonly ends: readonly (readonly [PacketEnd, number])[];
  readonly notices: readonly string[];
  readonly inventory: readonly HostInventory[];
  readonly proxyLatencies: ProxyLatencies | undefined;
}

/** What the main thread runs on the operator. */
export type OperatorProgram = (operator: Operator) => void;

/** Makes the programs of a host; one per role. */
export type ProgramFactory = (host: EmulatedHost, spec: HostSpec) => HostPrograms;

/** `factories` holds the roles that occur in the shard, so that a thread loads only what it runs. */
export function buildWorld(
  spec: WorldSpec,
  context: ShardContext,
  factories: ReadonlyMap<HostRole, ProgramFactory>,
): ShardWorld {
  const world = new SharedWorld(spec);
  const capture = spec.capture === undefined ? undefined : new CaptureTap(spec.capture);
  const ledgers: PacketLedger[] = [];
  const recorders: Recorder[] = [];
  const hosts: EmulatedHost[] = [];
  spec.actors.forEach((actor, id) => {
    if (context.actors[id]?.shard !== context.shard) return;
    context.kernel.createActor(id, actor.name, (sim) => {
      switch (actor.kind) {
        case 'operator': {
          const operator = new Operator(sim, spec);
          (context.main as OperatorProgram | undefined)?.(operator);
          return operator;
        }
        case 'switch': {
          const made = buildSwitch(sim, actor, spec);
          ledgers.push(made.host.ledger);
          recorders.push(made.host.recorder);
          return made;
        }
        case 'host': {
          const host = new EmulatedHost(sim, actor, world, capture);
          ledgers.push(host.ledger);
          recorders.push(host.recorder);
          hosts.push(host);
          host.programs = must(factories.get(actor.role), `programs of role ${actor.role}`)(
            host,
            actor,
          );
          return host;
        }
      }
    });
  });
  // Machines are switched on once all of the shard exist.
  for (const host of hosts) host.programs?.start();
  return {
    codec: CODEC,
    collect: (): CollectedShard => ({
      ...collect(recorders, ledgers, capture, world),
      inventory: spec.hasInventory ? hosts.map(takeInventory) : [],
    }),
  };
}

const CODEC: MessageCodec = {
  encode: (message: Message) => encodeFrameMessage(message as WireMessage),
  decode: (bytes: Uint8Array) => decodeFrameMessage(bytes),
  lane: () => {
    const lane = new FrameLane();
    return {
      encode: (message: Message) => lane.encode(message as WireMessage),
      decode: (bytes: Uint8Array) => lane.decode(bytes),
    };
  },
};

function buildSwitch(sim: HostSim, spec: SwitchSpec, world: WorldSpec): Switch {
  const host = { sim, recorder: new Recorder(), ledger: new PacketLedger() };
  const made = new Switch(host, {
    arpSuppression: spec.arpSuppression,
    onMessage: (message, from) => {
      const request = (message as ControlMessage).body as ControlRequest;
      const error = request.op === 'underlay-fault' ? made.apply(request.fault) : undefined;
      const reply: ControlReply = {
        op: 'done',
        id: request.id,
        ...(error === undefined ? {} : { error }),
      };
      sim.send(from, CONTROL_DELAY_NS, controlMessage(reply));
    },
  });
  spec.ports.forEach(({ link, peer }, port) => {
    const { config, hostPort } = must(world.links[link], 'a port has a link');
    const machine = world.actors[peer];
    made.addPort(port, config, { actor: peer, port: hostPort, name: machine?.name ?? '' });
    const nic = machine?.kind === 'host' ? machine.nics[hostPort] : undefined;
    if (spec.arpSuppression && nic !== undefined) {
      made.provision(port, cidr(nic.cidr).ip, nic.mac);
    }
  });
  return made;
}

function collect(
  recorders: readonly Recorder[],
  ledgers: readonly PacketLedger[],
  capture: CaptureTap | undefined,
  world: SharedWorld,
): Omit<CollectedShard, 'inventory'> {
  const ends = new Map<PacketEnd, number>();
  let born = 0;
  let underWay = 0;
  for (const ledger of ledgers) {
    born += ledger.born;
    underWay += ledger.underWay;
    for (const [end, count] of ledger.ends) ends.set(end, (ends.get(end) ?? 0) + count);
  }
  return {
    steps: recorders.flatMap((recorder) => recorder.take()),
    frames: capture?.frames ?? [],
    born,
    underWay,
    ends: [...ends],
    notices: world.notices,
    proxyLatencies: world.proxyLatencies?.(),
  };
}
