/**
 * Commands about the cluster and the configuration: version, cluster-info, api-resources, api-versions, top.
 */
import { type KindInfo, SCHEME, apiVersionOf, compareText, isServed } from '@podwire/api';
import type { Proc } from '@podwire/engine';
import { type Command, plain, told } from '../command.ts';
import { fail, isFailure } from '../failure.ts';
import { boolFlag, textFlag } from '../flags.ts';
import { listAt, textAt } from '../json-value.ts';
import { printStructured } from '../output.ts';
import type { Session } from '../session.ts';
import { TABLE_TABS, alignTabs } from '../tabwriter.ts';

/** The release whose texts and behaviour are the default truth. */
const VERSION = 'v1.36.2';
/** Of the kustomize inside; podwire has none. */
const KUSTOMIZE_VERSION = 'v5.7.1';

const versionCommand = told(
  'version',
  [boolFlag('client'), textFlag('output', 'o')],
  (_session, call) => {
    const output = call.flags.text('output');
    const isClientOnly = call.flags.bool('client');
    if (output === 'json' || output === 'yaml') {
      return printStructured(
        { kind: output },
        {
          clientVersion: { gitVersion: VERSION, major: '1', minor: '36' },
          kustomizeVersion: KUSTOMIZE_VERSION,
          ...(isClientOnly
            ? {}
            : { serverVersion: { gitVersion: VERSION, major: '1', minor: '36' } }),
        },
      );
    }
    if (output !== '') return fail("--output must be 'yaml' or 'json'");
    const client = `Client Version: ${VERSION}\nKustomize Version: ${KUSTOMIZE_VERSION}\n`;
    return isClientOnly ? client : `${client}Server Version: ${VERSION}\n`;
  },
);

const clusterInfoCommand = plain('cluster-info', [], function* (session): Proc<number> {
  const info = SCHEME.byKind('v1', 'Service');
  if (info === undefined) return 1;
  const server = session.serverUrl;
  const listed = yield* session.list(info, {
    namespace: 'kube-system',
    labelSelector: 'kubernetes.io/cluster-service=true',
  });
  if (isFailure(listed)) return session.failed(listed);
  session.out(`Kubernetes control plane is running at ${server}\n`);
  for (const service of listed.items) {
    const { name, namespace = '', labels } = service.metadata;
    const title = labels?.['kubernetes.io/name'] ?? name;
    const [port] = listAt(service, 'spec', 'ports');
    const portName = textAt(port, 'name');
    session.out(
      `${title} is running at ${server}/api/v1/namespaces/${namespace}/services/${name}${portName === '' ? '' : `:${portName}`}/proxy\n`,
    );
  }
  session.out(
    "\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n",
  );
  return 0;
});

const apiResourcesCommand = told(
  'api-resources',
  [
    boolFlag('namespaced', undefined, 'true'),
    textFlag('api-group'),
    textFlag('output', 'o'),
    textFlag('sort-by'),
    boolFlag('no-headers'),
    textFlag('verbs'),
    boolFlag('cached'),
    textFlag('categories'),
  ],
  (session, call) => {
    const { flags } = call;
    const kinds = servedKinds(session)
      .filter((info) => !flags.has('namespaced') || info.isNamespaced === flags.bool('namespaced'))
      .filter((info) => !flags.has('api-group') || info.group === flags.text('api-group'))
      .filter(
        (info) =>
          flags.text('categories') === '' ||
          flags
            .text('categories')
            .split(',')
            .every((name) => info.categories.includes(name)),
      );
    const sorted = sortKinds(kinds, flags.text('sort-by'));
    const output = flags.text('output');
    if (output === 'name') {
      return sorted
        .map((info) => `${info.plural}${info.group === '' ? '' : `.${info.group}`}\n`)
        .join('');
    }
    if (output !== '' && output !== 'wide') {
      return fail(`--output ${output} is not available`);
    }
    const rows = sorted.map((info) =>
      [
        info.plural,
        info.shortNames.join(','),
        apiVersionOf(info),
        String(info.isNamespaced),
        info.kind,
      ].join('\t'),
    );
    const header = 'NAME\tSHORTNAMES\tAPIVERSION\tNAMESPACED\tKIND';
    const lines = flags.bool('no-headers') ? rows : [header, ...rows];
    return lines.length === 0 ? '' : alignTabs(`${lines.join('\n')}\n`, TABLE_TABS);
  },
);

/** What the server serves: OpenShift's kinds and those of add-ons where they are. */
function servedKinds({ ctx }: Session): readonly KindInfo[] {
  return SCHEME.kinds.filter((info) => isServed(info, ctx.origins));
}

function sortKinds(kinds: readonly KindInfo[], by: string): readonly KindInfo[] {
  if (by === 'name') return kinds.toSorted((a, b) => compareText(a.plural, b.plural));
  if (by === 'kind') return kinds.toSorted((a, b) => compareText(a.kind, b.kind));
  return kinds.toSorted((a, b) => compareText(a.group, b.group) || compareText(a.plural, b.plural));
}

const apiVersionsCommand = told('api-versions', [], (session) =>
  [...new Set(servedKinds(session).map(apiVersionOf))]
    .sort(compareText)
    .map((version) => `${version}\n`)
    .join(''),
);

/** Podwire has no metrics, as a cluster without metrics-server. */
const TOP_COMMANDS: readonly Command[] = ['pod', 'pods', 'po', 'node', 'nodes', 'no'].map((word) =>
  told(
    `top ${word}`,
    [
      boolFlag('all-namespaces', 'A'),
      boolFlag('containers'),
      textFlag('selector', 'l'),
      textFlag('sort-by'),
      boolFlag('no-headers'),
    ],
    () => fail('Metrics API not available'),
    () => undefined,
  ),
);

export const INFO_COMMANDS: readonly Command[] = [
  apiResourcesCommand,
  apiVersionsCommand,
  clusterInfoCommand,
  ...TOP_COMMANDS,
  versionCommand,
];
