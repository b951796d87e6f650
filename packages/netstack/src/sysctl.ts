/**
 * The sysctls of one namespace, with the kernel's defaults (Linux 6.18) and names.
 *
 * Per-device IPv4 settings live on the device (`Dev.conf`) so that the packet path reads a field; the
 * dotted names `net.ipv4.conf.<dev>.<key>` reach them, `all` and `default` too. The packet path reads
 * `ipForward`, `defaultTtlHops` and `bridgeNfCallIptables` as fields; everything else is looked up by name.
 */
import type { Dev } from './dev/dev.ts';

/** net.ipv4.conf.<dev>.* as numbers; never changed, but replaced. */
export type DevConf = Readonly<ConfValues>;

interface ConfValues {
  forwarding: number;
  rp_filter: number;
  route_localnet: number;
  accept_local: number;
  proxy_arp: number;
  proxy_arp_pvlan: number;
  arp_ignore: number;
  arp_announce: number;
  arp_filter: number;
  arp_accept: number;
  arp_notify: number;
  send_redirects: number;
  accept_redirects: number;
  src_valid_mark: number;
  promote_secondaries: number;
  ignore_routes_with_linkdown: number;
  drop_gratuitous_arp: number;
  bc_forwarding: number;
  log_martians: number;
  /** net.ipv4.neigh.<dev>.proxy_delay in hundredths of a second. */
  proxy_delay: number;
}

const CONF_DEFAULTS: DevConf = {
  forwarding: 0,
  rp_filter: 0,
  route_localnet: 0,
  accept_local: 0,
  proxy_arp: 0,
  proxy_arp_pvlan: 0,
  arp_ignore: 0,
  arp_announce: 0,
  arp_filter: 0,
  arp_accept: 0,
  arp_notify: 0,
  send_redirects: 1,
  accept_redirects: 1,
  src_valid_mark: 0,
  promote_secondaries: 0,
  ignore_routes_with_linkdown: 0,
  drop_gratuitous_arp: 0,
  bc_forwarding: 0,
  log_martians: 0,
  proxy_delay: 80,
};

const CONF_KEYS: ReadonlySet<string> = new Set(Object.keys(CONF_DEFAULTS));

const DEFAULTS: ReadonlyMap<string, string | number> = new Map<string, string | number>([
  ['net.core.rmem_default', 212992],
  ['net.core.rmem_max', 212992],
  ['net.core.somaxconn', 4096],
  ['net.core.wmem_default', 212992],
  ['net.core.wmem_max', 212992],
  ['net.ipv4.icmp_echo_ignore_all', 0],
  ['net.ipv4.icmp_echo_ignore_broadcasts', 1],
  ['net.ipv4.icmp_errors_use_inbound_ifaddr', 0],
  ['net.ipv4.icmp_msgs_burst', 50],
  ['net.ipv4.icmp_msgs_per_sec', 1000],
  ['net.ipv4.icmp_ratelimit', 1000],
  ['net.ipv4.icmp_ratemask', 6168],
  ['net.ipv4.ip_default_ttl', 64],
  ['net.ipv4.ip_forward', 0],
  ['net.ipv4.ip_forward_use_pmtu', 0],
  ['net.ipv4.ip_local_port_range', '32768\t60999'],
  ['net.ipv4.ip_no_pmtu_disc', 0],
  ['net.ipv4.ip_nonlocal_bind', 0],
  ['net.ipv4.ip_unprivileged_port_start', 1024],
  ['net.ipv4.ipfrag_time', 30],
  ['net.ipv4.neigh.default.gc_thresh1', 128],
  ['net.ipv4.neigh.default.gc_thresh2', 512],
  ['net.ipv4.neigh.default.gc_thresh3', 1024],
  ['net.ipv4.ping_group_range', '0\t2147483647'],
  ['net.ipv4.route.error_burst', 5000],
  ['net.ipv4.route.error_cost', 1000],
  ['net.ipv4.route.min_pmtu', 552],
  ['net.ipv4.route.mtu_expires', 600],
  ['net.ipv4.tcp_abort_on_overflow', 0],
  ['net.ipv4.tcp_congestion_control', 'cubic'],
  ['net.ipv4.tcp_fin_timeout', 60],
  ['net.ipv4.tcp_keepalive_intvl', 75],
  ['net.ipv4.tcp_keepalive_probes', 9],
  ['net.ipv4.tcp_keepalive_time', 7200],
  ['net.ipv4.tcp_max_syn_backlog', 512],
  ['net.ipv4.tcp_mtu_probing', 0],
  ['net.ipv4.tcp_orphan_retries', 0],
  ['net.ipv4.tcp_retries1', 3],
  ['net.ipv4.tcp_retries2', 15],
  ['net.ipv4.tcp_rmem', '4096\t131072\t6291456'],
  ['net.ipv4.tcp_sack', 1],
  ['net.ipv4.tcp_slow_start_after_idle', 1],
  ['net.ipv4.tcp_syn_linear_timeouts', 4],
  ['net.ipv4.tcp_syn_retries', 6],
  ['net.ipv4.tcp_synack_retries', 5],
  ['net.ipv4.tcp_syncookies', 1],
  ['net.ipv4.tcp_timestamps', 1],
  ['net.ipv4.tcp_tw_reuse', 2],
  ['net.ipv4.tcp_window_scaling', 1],
  ['net.ipv4.tcp_wmem', '4096\t16384\t4194304'],
  ['net.bridge.bridge-nf-call-arptables', 1],
  ['net.bridge.bridge-nf-call-ip6tables', 1],
  ['net.bridge.bridge-nf-call-iptables', 1],
]);

export class Sysctl {
  /** Counts settings, so that others may keep what they read. */
  version = 0;
  /** net.ipv4.ip_forward. */
  ipForward = false;
  /** net.ipv4.ip_default_ttl. */
  defaultTtlHops = 64;
  /** net.bridge.bridge-nf-call-iptables: 1 once br_netfilter is loaded, as on a Kubernetes node. */
  bridgeNfCallIptables = true;
  confAll: DevConf = CONF_DEFAULTS;
  /** What a new device starts with. */
  confDefault: DevConf = CONF_DEFAULTS;
  /** What was set, and so differs from DEFAULTS; made when something is. */
  #set: Map<string, string | number> | undefined;
  readonly #devs: ReadonlyMap<string, Dev>;

  constructor(devs: ReadonlyMap<string, Dev>) {
    this.#devs = devs;
  }

  /** The value by dotted name (slashes are taken too); undefined when there is no such sysctl. */
  get(name: string): string | number | undefined {
    const known = this.#value(name);
    if (known !== undefined) return known;
    const key = name.replaceAll('/', '.');
    const conf = this.#conf(key);
    return conf === undefined ? this.#value(key) : conf.values[conf.key];
  }

  /** A numeric value; `otherwise` when it is not set. */
  getNumber(name: string, otherwise = 0): number {
    const value = this.get(name);
    return value === undefined ? otherwise : Number(value);
  }

  /** Sets a value; other layers may add names of their own (net.netfilter.…). */
  set(name: string, value: string | number): void {
    this.version++;
    const key = name.replaceAll('/', '.');
    const parsed =
      typeof value === 'string' && /^-?\d+$/.test(value.trim()) ? Number(value) : value;
    const conf = this.#conf(key);
    if (conf !== undefined) {
      conf.replace({ ...conf.values, [conf.key]: Number(parsed) });
      if (conf.isAll && conf.key === 'forwarding') this.#setForward(Number(parsed));
      return;
    }
    this.#put(key, parsed);
    if (key === 'net.ipv4.ip_default_ttl') this.defaultTtlHops = Number(parsed);
    if (key === 'net.ipv4.ip_forward') this.#setForward(Number(parsed));
    if (key === 'net.bridge.bridge-nf-call-iptables') this.bridgeNfCallIptables = parsed !== 0;
  }

  /** All names in order, for `sysctl -a`. */
  names(): string[] {
    const names = [...new Set([...DEFAULTS.keys(), ...(this.#set?.keys() ?? [])])];
    const devices = ['all', 'default', ...this.#devs.keys()];
    for (const dev of devices) {
      for (const key of CONF_KEYS) {
        names.push(`net.ipv4.${key === 'proxy_delay' ? 'neigh' : 'conf'}.${dev}.${key}`);
      }
    }
    return names.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  }

  /** Writing ip_forward writes every device's `forwarding` (inet_forward_change). */
  #setForward(value: number): void {
    this.ipForward = value !== 0;
    this.#put('net.ipv4.ip_forward', value === 0 ? 0 : 1);
    this.confAll = { ...this.confAll, forwarding: value };
    this.confDefault = { ...this.confDefault, forwarding: value };
    for (const dev of this.#devs.values()) dev.conf = { ...dev.conf, forwarding: value };
  }

  #value(name: string): string | number | undefined {
    return this.#set?.get(name) ?? DEFAULTS.get(name);
  }

  #put(name: string, value: string | number): void {
    this.#set ??= new Map();
    this.#set.set(name, value);
  }

  #conf(key: string): ConfPlace | undefined {
    const match = /^net\.ipv4\.(?:conf|neigh)\.(.+)\.([a-z_]+)$/.exec(key);
    const name = match?.[1];
    const field = match?.[2];
    if (name === undefined || field === undefined || !CONF_KEYS.has(field)) return undefined;
    const confKey = field as keyof DevConf;
    if (name === 'all') {
      const replace = (values: DevConf): void => {
        this.confAll = values;
      };
      return { values: this.confAll, key: confKey, isAll: true, replace };
    }
    if (name === 'default') {
      const replace = (values: DevConf): void => {
        this.confDefault = values;
      };
      return { values: this.confDefault, key: confKey, isAll: false, replace };
    }
    const dev = this.#devs.get(name);
    if (dev === undefined) return undefined;
    const replace = (values: DevConf): void => {
      dev.conf = values;
    };
    return { values: dev.conf, key: confKey, isAll: false, replace };
  }
}

/** Whose setting a dotted name means. */
interface ConfPlace {
  readonly values: DevConf;
  readonly key: keyof DevConf;
  readonly isAll: boolean;
  readonly replace: (values: DevConf) => void;
}
