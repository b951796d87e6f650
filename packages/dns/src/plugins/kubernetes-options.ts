/**
 * The options of the `kubernetes` directive.
 */
import { parseSelector } from '@podwire/api';
import { isDnsName } from '@podwire/wire';
import { normalizeZone } from '../corefile.ts';
import { Fallthrough, type PluginSetup } from '../plugin.ts';

export type PodMode = 'disabled' | 'insecure' | 'verified';

export interface KubernetesOptions {
  readonly zones: readonly string[];
  /** The zone that answers of reverse lookups lie in: the first that is no reverse zone. */
  readonly primaryZone: string;
  readonly podMode: PodMode;
  readonly ttlSec: number;
  /** Empty: all. */
  readonly namespaces: ReadonlySet<string>;
  readonly usesPodNames: boolean;
  readonly fallthrough: Fallthrough;
  readonly ignoresEmptyService: boolean;
  readonly hasEndpoints: boolean;
  /** Label selectors of what is watched, as text. */
  readonly labels: string | undefined;
  readonly namespaceLabels: string | undefined;
  readonly startupTimeoutText: string | undefined;
}

/** defaultTTL of plugin/kubernetes. */
const DEFAULT_TTL_SEC = 5;
const TTL_SEC_MAX = 3600;

const POD_MODES: readonly PodMode[] = ['disabled', 'insecure', 'verified'];

/** Options that only say how to reach the API: they change nothing here. */
const CONNECTION_OPTIONS: ReadonlySet<string> = new Set([
  'endpoint',
  'tls',
  'kubeconfig',
  'resyncperiod',
]);

export function parseKubernetesOptions(setup: PluginSetup): KubernetesOptions | undefined {
  const directive = setup.directives[0];
  if (directive === undefined) return undefined;
  if (setup.directives.length > 1) {
    setup.error(
      setup.directives[1]?.line ?? 0,
      'only one kubernetes section allowed per server block',
    );
  }
  const zones =
    directive.args.length > 0 ? directive.args.flatMap(normalizeZone) : [...setup.zones];
  const primaryZone = zones.find((zone) => !isReverseZone(zone));
  if (primaryZone === undefined) {
    setup.error(directive.line, 'non-reverse zone name must be used');
    return undefined;
  }
  for (const zone of zones) {
    if (!isDnsName(zone)) setup.error(directive.line, `invalid zone ${zone}`);
  }
  let podMode: PodMode = 'disabled';
  let ttlSec = DEFAULT_TTL_SEC;
  const namespaces = new Set<string>();
  let usesPodNames = false;
  let fallthrough = new Fallthrough();
  let ignoresEmptyService = false;
  let hasEndpoints = true;
  let labels: string | undefined;
  let namespaceLabels: string | undefined;
  let startupTimeoutText: string | undefined;
  for (const { name, args, line } of directive.block ?? []) {
    const badCount = (): void => {
      setup.error(
        line,
        `Wrong argument count or unexpected line ending after '${args.at(-1) ?? name}'`,
      );
    };
    switch (name) {
      case 'pods': {
        const mode = POD_MODES.find((one) => one === args[0]);
        if (mode === undefined) {
          setup.error(
            line,
            `wrong value for pods: ${args[0] ?? ''},  must be one of: disabled, verified, insecure`,
          );
        } else podMode = mode;
        break;
      }
      case 'ttl': {
        const value = Number(args[0]);
        if (args[0] === undefined) badCount();
        else if (!/^\d+$/.test(args[0]) || value > TTL_SEC_MAX) {
          setup.error(line, `ttl must be in range [0, ${TTL_SEC_MAX}]: ${args[0]}`);
        } else ttlSec = value;
        break;
      }
      case 'namespaces':
        if (args.length === 0) badCount();
        for (const namespace of args) namespaces.add(namespace);
        break;
      case 'labels':
        if (args.length === 0) badCount();
        labels = checkedSelector(args.join(' '), line, setup);
        break;
      case 'namespace_labels':
        if (args.length === 0) badCount();
        namespaceLabels = checkedSelector(args.join(' '), line, setup);
        break;
      case 'endpoint_pod_names':
        if (args.length > 0) badCount();
        usesPodNames = true;
        break;
      case 'fallthrough':
        fallthrough = new Fallthrough(args.length === 0 ? ['.'] : args.flatMap(normalizeZone));
        break;
      case 'noendpoints':
        if (args.length > 0) badCount();
        hasEndpoints = false;
        break;
      case 'ignore':
        if (args[0] === 'empty_service') ignoresEmptyService = true;
        else setup.error(line, `unable to parse ignore value: '${args[0] ?? ''}'`);
        break;
      case 'startup_timeout':
        startupTimeoutText = args[0];
        break;
      default:
        if (CONNECTION_OPTIONS.has(name)) break;
        setup.error(line, `unknown property '${name}'`);
    }
  }
  if (namespaces.size > 0 && namespaceLabels !== undefined) {
    setup.error(directive.line, 'namespaces and namespace_labels cannot both be set');
  }
  return {
    zones,
    primaryZone,
    podMode,
    ttlSec,
    namespaces,
    usesPodNames,
    fallthrough,
    ignoresEmptyService,
    hasEndpoints,
    labels,
    namespaceLabels,
    startupTimeoutText,
  };
}

function checkedSelector(text: string, line: number, setup: PluginSetup): string | undefined {
  const selector = parseSelector(text);
  if (typeof selector === 'string') {
    setup.error(line, `unable to parse label selector: '${text}': ${selector}`);
    return undefined;
  }
  return text;
}

export function isReverseZone(zone: string): boolean {
  return (
    zone === 'in-addr.arpa.' ||
    zone === 'ip6.arpa.' ||
    zone.endsWith('.in-addr.arpa.') ||
    zone.endsWith('.ip6.arpa.')
  );
}
