/**
 * A switch with hosts on it, for the tests.
 */
import { type Mac, must } from '@podwire/base';
import { type ActorId, type HostSim, TestWorld } from '@podwire/engine';
import { PacketLedger, Recorder } from '@podwire/trace';
import { EtherType, type FrameMessage, IpProto, Packet, payloadOfFill } from '@podwire/wire';
import type { UnderlayHost } from './host.ts';
import { type LinkConfig, withLinkDefaults } from './link.ts';
import { HostPorts, type LinkPort } from './port.ts';
import { Switch } from './switch.ts';

export interface Station {
  readonly sim: HostSim;
  readonly ports: HostPorts;
  readonly port: LinkPort;
  readonly mac: Mac;
  /** What arrived: time and source port, which tells frames apart. */
  readonly got: { atNs: number; mark: number; packet: Packet }[];
}

export class Lab {
  readonly world: TestWorld;
  readonly ledger: PacketLedger = new PacketLedger();
  readonly recorder: Recorder = new Recorder();
  readonly stations: Station[] = [];
  readonly switch: Switch;
  readonly #switchId: ActorId;

  constructor(
    hostCount: number,
    link: Partial<LinkConfig> = {},
    options: { seed?: string; ageingNs?: number; arpSuppression?: boolean } = {},
  ) {
    this.world = new TestWorld(options.seed ?? 'lab');
    let made: Switch | undefined;
    const sim = this.world.addHost('switch', (own) => {
      made = new Switch(this.#host(own), options);
      return made;
    });
    this.switch = must(made, 'a switch');
    this.#switchId = sim.id;
    for (let index = 0; index < hostCount; index++) this.#addStation(index, link);
  }

  station(index: number): Station {
    return must(this.stations[index], 'a station');
  }

  /** Sends a UDP packet to a station, or to everybody. */
  send(
    from: number,
    to: number | 'all',
    options: { mark?: number; size?: number; traceId?: number } = {},
  ): void {
    const station = this.station(from);
    const packet = new Packet();
    packet.ethSrc = station.mac;
    packet.ethDst = to === 'all' ? 0xffffffffffff : macOf(to);
    packet.etherType = EtherType.ipv4;
    packet.proto = IpProto.udp;
    packet.srcPort = options.mark ?? 0;
    packet.traceId = options.traceId ?? 0;
    // 42 bytes of headers.
    packet.payload = payloadOfFill((options.size ?? 60) - 42);
    this.ledger.born++;
    station.port.transmit(packet);
  }

  /** Which stations got something since the last call. */
  receivers(): number[] {
    const list: number[] = [];
    for (const [index, { got }] of this.stations.entries())
      if (got.splice(0).length > 0) list.push(index);
    return list;
  }

  #host(sim: HostSim): UnderlayHost {
    return { sim, ledger: this.ledger, recorder: this.recorder };
  }

  #addStation(index: number, link: Partial<LinkConfig>): void {
    const name = `host-${index}`;
    const config = withLinkDefaults({ rateBytesPerSec: 0, ...link, name });
    const got: Station['got'] = [];
    let ports: HostPorts | undefined;
    const sim = this.world.addHost(name, (own) => {
      const mine = new HostPorts(this.#host(own));
      ports = mine;
      return {
        receive: (message): void => {
          mine.receive(message as FrameMessage);
        },
      };
    });
    const own = must(ports, 'ports');
    const peer = { actor: this.#switchId, port: index, name: 'switch' };
    const port = own.add({ number: 0, link: config, peer }, (packet) => {
      this.ledger.end('delivered');
      got.push({ atNs: sim.nowNs(), mark: packet.srcPort, packet });
    });
    this.switch.addPort(index, config, { actor: sim.id, port: 0, name });
    this.stations.push({ sim, ports: own, port, mac: macOf(index), got });
  }
}

export function macOf(index: number): Mac {
  return 0x020000000001 + index;
}
