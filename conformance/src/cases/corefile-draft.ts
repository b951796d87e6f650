/**
 * The Corefile of a case: the usual one of its distribution, with what the notes change.
 */
import { PLUGIN_ORDER, parseCorefile, unfoldCorefile } from '@podwire/dns';

export interface CorefileDraft {
  readonly isOpenshift: boolean;
  /** Directives of the kubernetes block. */
  kubernetesLines: string[];
  /** Directives of the main block. */
  mainLines: string[];
  /** Further server blocks. */
  blocks: string[];
  /** All of it, where the notes give it whole. */
  whole: string | undefined;
  pods: string;
  ttl: string | undefined;
  cache: string | undefined;
  /** The cluster domain is cached as well. */
  isCacheWhole: boolean;
  hasLoadbalance: boolean;
  isChanged: boolean;
}

export function newCorefileDraft(isOpenshift: boolean): CorefileDraft {
  return {
    isOpenshift,
    kubernetesLines: [],
    mainLines: [],
    blocks: [],
    whole: undefined,
    pods: 'insecure',
    ttl: isOpenshift ? undefined : '30',
    cache: isOpenshift ? '900 { denial 9984 30 }' : '30',
    isCacheWhole: isOpenshift,
    hasLoadbalance: !isOpenshift,
    isChanged: false,
  };
}

/** The text, or undefined where the cluster's own one is meant. */
export function finishCorefile(draft: CorefileDraft, domain: string): string | undefined {
  if (draft.whole !== undefined) return withProbes(unfoldCorefile(draft.whole));
  if (!draft.isChanged) return undefined;
  const main = [
    ...(draft.isOpenshift ? ['bufsize 1232'] : []),
    'errors',
    'health { lameduck 5s }',
    'ready',
    `kubernetes ${domain} in-addr.arpa ip6.arpa { ${kubernetesBody(draft)} }`,
    ...(hasOwn(draft, 'forward') ? [] : ['forward . /etc/resolv.conf']),
    ...(hasOwn(draft, 'cache') || draft.cache === undefined ? [] : [cacheLine(draft, domain)]),
    ...(draft.hasLoadbalance && !hasOwn(draft, 'loadbalance') ? ['loadbalance'] : []),
    ...draft.mainLines,
  ];
  const port = draft.isOpenshift ? 5353 : 53;
  return unfoldCorefile(`.:${port} { ${main.join(' ; ')} }\n${draft.blocks.join('\n')}`);
}

function hasOwn(draft: CorefileDraft, name: string): boolean {
  return draft.mainLines.some((line) => line.startsWith(name));
}

/** The usual directives, unless the notes give their own of the same name. */
function kubernetesBody(draft: CorefileDraft): string {
  const usual = [
    `pods ${draft.pods}`,
    'fallthrough in-addr.arpa ip6.arpa',
    ...(draft.ttl === undefined ? [] : [`ttl ${draft.ttl}`]),
  ];
  const name = (line: string): string => line.split(' ')[0] ?? '';
  const own = draft.kubernetesLines;
  return [...usual.filter((line) => !own.some((other) => name(other) === name(line))), ...own].join(
    ' ; ',
  );
}

function cacheLine(draft: CorefileDraft, domain: string): string {
  const body = draft.isCacheWhole
    ? ''
    : ` { disable success ${domain} ; disable denial ${domain} }`;
  return `cache ${draft.cache ?? ''}${body}`;
}

/** Names that begin a directive with a block, not a server block. */
export const DIRECTIVE: RegExp =
  /^(kubernetes|forward|cache|hosts|rewrite|template|health|ready|errors|log|file|transfer|autopath|loadbalance|bufsize|acl|prometheus|any|chaos|loop|reload|bind)\b/;

/** The server's pods are judged by /health and /ready, whatever the case's Corefile leaves out. */
function withProbes(corefile: string): string {
  const missing = ['health', 'ready'].filter(
    (name) => !new RegExp(`^\\s*${name}\\b`, 'm').test(corefile),
  );
  return corefile.replace('{\n', `{\n${missing.map((name) => `    ${name}\n`).join('')}`);
}

/** Plugins that the text uses and that podwire does not have. */
export function missingPlugins(corefile: string): string[] {
  const parsed = parseCorefile(corefile, new Map());
  if (!('blocks' in parsed)) return [];
  const names = parsed.blocks.flatMap(({ directives }) => directives.map(({ name }) => name));
  return names
    .filter((name) => PLUGIN_ORDER.get(name) === 'absent')
    .map((name) => `the CoreDNS plugin ${name} is not modelled yet`);
}
