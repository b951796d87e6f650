/**
 * The plugins in the order in which they see a query, and the chain that a server block makes of them.
 *
 * The order is CoreDNS's plugin.cfg of 1.11 to 1.13, whatever the order in the Corefile.
 */
import type { DnsQuestion } from '@podwire/wire';
import type { Proc } from '@podwire/engine';
import type { Directive } from './corefile.ts';
import {
  type DnsHandler,
  type DnsOutcome,
  type DnsPlugin,
  type PluginFactory,
  type PluginSetup,
  nothingAnswers,
} from './plugin.ts';
import { cachePlugin } from './plugins/cache.ts';
import { forwardPlugin } from './plugins/forward.ts';
import { hostsPlugin } from './plugins/hosts.ts';
import { kubernetesPlugin } from './plugins/kubernetes.ts';
import { loadbalancePlugin } from './plugins/loadbalance.ts';
import { errorsPlugin, logPlugin } from './plugins/logging.ts';
import { rewritePlugin } from './plugins/rewrite.ts';
import {
  aclPlugin,
  anyPlugin,
  autopathPlugin,
  bufsizePlugin,
  chaosPlugin,
  loopPlugin,
  whoamiPlugin,
} from './plugins/small.ts';
import { templatePlugin } from './plugins/template.ts';
import { transferPlugin } from './plugins/transfer.ts';

/**
 * `server`: a directive that the server itself acts on (server.ts); `absent`: CoreDNS has it, podwire
 * takes it with a warning.
 */
export type PluginRole = PluginFactory | 'server' | 'absent';

export const PLUGIN_ORDER: ReadonlyMap<string, PluginRole> = new Map<string, PluginRole>([
  ['metadata', 'absent'],
  ['geoip', 'absent'],
  ['cancel', 'absent'],
  ['tls', 'absent'],
  ['timeouts', 'absent'],
  ['multisocket', 'absent'],
  ['reload', 'server'],
  ['nsid', 'absent'],
  ['bufsize', bufsizePlugin],
  ['root', 'absent'],
  ['bind', 'server'],
  ['debug', 'server'],
  ['trace', 'absent'],
  ['ready', 'server'],
  ['health', 'server'],
  ['pprof', 'absent'],
  ['prometheus', 'server'],
  ['errors', errorsPlugin],
  ['log', logPlugin],
  ['dnstap', 'absent'],
  ['local', 'absent'],
  ['dns64', 'absent'],
  ['acl', aclPlugin],
  ['any', anyPlugin],
  ['chaos', chaosPlugin],
  ['loadbalance', loadbalancePlugin],
  ['tsig', 'absent'],
  ['cache', cachePlugin],
  ['rewrite', rewritePlugin],
  ['header', 'absent'],
  ['dnssec', 'absent'],
  ['autopath', autopathPlugin],
  ['minimal', 'absent'],
  ['template', templatePlugin],
  ['transfer', transferPlugin],
  ['hosts', hostsPlugin],
  ['route53', 'absent'],
  ['azure', 'absent'],
  ['clouddns', 'absent'],
  ['k8s_external', 'absent'],
  ['kubernetes', kubernetesPlugin],
  ['file', 'absent'],
  ['auto', 'absent'],
  ['secondary', 'absent'],
  ['etcd', 'absent'],
  ['loop', loopPlugin],
  ['forward', forwardPlugin],
  ['grpc', 'absent'],
  ['erratic', 'absent'],
  ['whoami', whoamiPlugin],
  ['on', 'absent'],
  ['sign', 'absent'],
  ['view', 'absent'],
]);

export interface Chain {
  readonly plugins: readonly DnsPlugin[];
  readonly handler: DnsHandler;
}

/** What the chain of one block needs besides its directives. */
export type ChainSetup = Omit<PluginSetup, 'directives' | 'sibling' | 'probe'>;

/** Makes the plugins of a server block, in order, each with all its directives in the block. */
export function buildChain(directives: readonly Directive[], setup: ChainSetup): Chain {
  for (const { name, line } of directives) {
    const role = PLUGIN_ORDER.get(name);
    if (role === undefined) setup.error(line, `Unknown directive '${name}'`);
    if (role === 'absent') setup.warn(line, `plugin ${name} is not modelled`);
  }
  const plugins: DnsPlugin[] = [];
  let handler: DnsHandler = nothingAnswers;
  const probe = (question: DnsQuestion): Proc<DnsOutcome> =>
    handler({
      message: probeMessage(question),
      question,
      transport: 'udp',
      clientIp: 0x7f000001,
      clientPort: 0,
      lenBytes: 0,
      traceId: 0,
      depth: 0,
    });
  for (const [name, role] of PLUGIN_ORDER) {
    if (typeof role === 'string') continue;
    const own = directives.filter((directive) => directive.name === name);
    if (own.length === 0) continue;
    const sibling = (wanted: string): DnsPlugin | undefined =>
      plugins.find((plugin) => plugin.name === wanted);
    const plugin = role({ ...setup, directives: own, sibling, probe });
    if (plugin !== undefined) plugins.push(plugin);
  }
  handler = linkPlugins(plugins);
  return { plugins, handler };
}

function linkPlugins(plugins: readonly DnsPlugin[]): DnsHandler {
  let next: DnsHandler = nothingAnswers;
  for (const plugin of plugins.toReversed()) {
    const after = next;
    next = (request) => plugin.serve(request, after);
  }
  return next;
}

function probeMessage(question: DnsQuestion): Parameters<DnsHandler>[0]['message'] {
  return {
    id: 0,
    isResponse: false,
    opcode: 0,
    authoritative: false,
    truncated: false,
    recursionDesired: true,
    recursionAvailable: false,
    authenticData: false,
    checkingDisabled: false,
    rcode: 'NOERROR',
    questions: [question],
    answers: [],
    authorities: [],
    additionals: [],
    edns: undefined,
  };
}
