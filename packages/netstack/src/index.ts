/**
 * The network stack of one host: namespaces, devices, routing, neighbours, netfilter, sockets.
 */
export {
  type ConntrackResult,
  conntrackCommand,
  conntrackDelete,
  conntrackList,
} from './conntrack/command.ts';
export { CtEntry, CtStatus } from './conntrack/entry.ts';
export { type CtFilter, findEntries } from './conntrack/list.ts';
export { TCP_STATES } from './conntrack/tcp-state.ts';
export { Cost } from './cost.ts';
export {
  Bridge,
  type BridgeOptions,
  BridgePort,
  type FdbEntry,
  createBridge,
} from './dev/bridge.ts';
export {
  Dev,
  type DevKind,
  type DevStats,
  type IfAddr,
  Scope,
  countRx,
  countTx,
  refuseTx,
} from './dev/dev.ts';
export { Dummy, createDummy } from './dev/dummy.ts';
export { Nic, createNic } from './dev/nic.ts';
export { Veth, type VethOptions, createVethPair } from './dev/veth.ts';
export {
  VXLAN_OVERHEAD_BYTES,
  VXLAN_PORT_IANA,
  VXLAN_PORT_LINUX,
  Vxlan,
  type VxlanFdbEntry,
  type VxlanOptions,
  type VxlanRemote,
  createVxlan,
  flowSourcePort,
} from './dev/vxlan.ts';
export { type CommandResult, ipCommand } from './command/ip-command.ts';
export { defragment, fragmentSkb } from './ip/fragment.ts';
export { ipLocalOutSkb } from './ip/local-out.ts';
export { bridgeCommand } from './command/bridge-command.ts';
export { ssCommand } from './command/ss-command.ts';
export { Lab, LabHost } from './lab.ts';
export { ArpSocket } from './neigh/arp-socket.ts';
export { sendGratuitousArp } from './neigh/arp.ts';
export { type Neigh, NeighTable, type NudState } from './neigh/neigh.ts';
export type { ChainGroup, SharedChain } from './netfilter/iptables/chain.ts';
export { iptables } from './netfilter/iptables/command.ts';
export { type EnsuredJump, ensureChains } from './netfilter/iptables/ensure.ts';
export { readRules } from './netfilter/iptables/read-rules.ts';
export {
  type IptablesError,
  type RestoreOptions,
  iptablesRestore,
} from './netfilter/iptables/restore.ts';
export type { Rule, TableName } from './netfilter/iptables/rule.ts';
export { RulePieces } from './netfilter/iptables/rule-pieces.ts';
export { type SaveOptions, iptablesSave } from './netfilter/iptables/save.ts';
export type { SharedChains } from './netfilter/iptables/table.ts';
export { formatProbability } from './netfilter/iptables/matches/statistic.ts';
export { type Evaluator, NetfilterTables, netfilterOf, setEvaluator } from './netfilter/tables.ts';
export { HOOKS, HOOK_ORDER, type Hook, type Netfilter, type Verdict } from './netfilter/hook.ts';
export { NetNs, type OutputOptions, type StackHost } from './netns.ts';
export { type AddressOptions, formatAddress } from './route/address.ts';
export {
  Fib,
  type FibResult,
  type FibRule,
  FibTable,
  type Route,
  RouteTable,
  type RouteType,
} from './route/fib.ts';
export { type NetlinkError, type RouteSpec } from './route/route-change.ts';
export type { WaitingPeers } from './route/waiting-peers.ts';
export { type FdbListOptions, formatBridgeFdb, formatBridgeLink } from './show/fdb-text.ts';
export {
  type LinkListOptions,
  formatIpAddr,
  formatIpLink,
  linkName,
  operState,
} from './show/link-text.ts';
export { formatIpNeigh } from './show/neigh-text.ts';
export { formatIpRoute, formatIpRule, formatRoute } from './show/route-text.ts';
export { type SsOptions, formatSs, ssRows } from './show/ss-text.ts';
export { CtState, PktType, Skb } from './skb.ts';
export { type Errno, errnoNumber, errnoText, isErrno } from './socket/errno.ts';
export {
  HttpConnection,
  type HttpClientRequest,
  type HttpConnectOptions,
  type HttpFailure,
  type HttpReply,
  httpConnect,
} from './socket/http-client.ts';
export {
  type HttpHandler,
  type HttpRequest,
  type HttpResponse,
  type HttpServeOptions,
  HttpServer,
  type HttpWrite,
  httpServe,
  serveRequests,
} from './socket/http-server.ts';
export {
  type Http2ClientStream,
  Http2Connection,
  type Http2Request,
  http2Connect,
} from './socket/http2-client.ts';
export { type Http2Stream, serveHttp2 } from './socket/http2-server.ts';
export { type EchoOptions, type EchoResult, PingSocket, icmpOpen } from './socket/ping.ts';
export { ANY_VNI, type SocketRow, SocketTable } from './socket/socket-table.ts';
export {
  type Keepalive,
  TcpConn,
  type TcpConnectOptions,
  TcpListener,
  type TcpListenOptions,
  type TcpState,
  tcpConnect,
  tcpListen,
} from './socket/tcp.ts';
export {
  type SocketError,
  type UdpDatagram,
  type UdpOpenOptions,
  type UdpSendOptions,
  UdpSocket,
  udpOpen,
} from './socket/udp.ts';
export { type DevConf, Sysctl } from './sysctl.ts';
export { endPacket, traceStep } from './trace.ts';
/** What sockets send and receive. */
export { type Payload, payloadFromText, payloadText } from '@podwire/wire';
export {
  type ByteStream,
  type Certificate,
  type ClientHello,
  type TlsFailure,
  TlsStream,
  certificateCovers,
  isSelfSigned,
  isTlsStart,
  tlsAccept,
  tlsConnect,
  tlsReadHello,
} from './socket/tls.ts';
