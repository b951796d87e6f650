/**
 * Commands about the cluster and the configuration: version, cluster-info, api-resources, api-versions, config, top.
 */
import { type KindInfo, SCHEME, apiVersionOf, compareText, isServed } from '@podwire/api';
import type { Proc } from '@podwire/engine';
import type { Command } from '../command.ts';
import { type Failure, fail, isFailure } from '../failure.ts';
import { boolFlag, textFlag } from '../flags.ts';
import { listAt, textAt } from '../json-value.ts';
import { printStructured } from '../output.ts';
import type { Call, Session } from '../session.ts';
import { TABLE_TABS, alignTabs } from '../tabwriter.ts';

/** The release whose texts and behaviour are the default truth. */
const VERSION = 'v1.36.2';
/** Of the kustomize inside; podwire has none. */
const KUSTOMIZE_VERSION = 'v5.7.1';

const DEFAULT_SERVER = 'https://192.168.10.10:6443';
const DEFAULT_CONTEXT = 'podwire';

function plain(
  path: string,
  flags: Command['flags'],
  run: (session: Session, call: Call) => Proc<number>,
  check?: (call: Call) => Failure | undefined,
): Command {
  return { path, flags, run, ...(check === undefined ? {} : { check }) };
}

const versionCommand = plain(
  'version',
  [boolFlag('client'), textFlag('output', 'o')],
  // oxlint-disable-next-line require-yield -- asks nobody: both versions are podwire's own
  function* (session, call): Proc<number> {
    const output = call.flags.text('output');
    const isClientOnly = call.flags.bool('client');
    if (output === 'json' || output === 'yaml') {
      const value = {
        clientVersion: { gitVersion: VERSION, major: '1', minor: '36' },
        kustomizeVersion: KUSTOMIZE_VERSION,
        ...(isClientOnly
          ? {}
          : { serverVersion: { gitVersion: VERSION, major: '1', minor: '36' } }),
      };
      const text = printStructured({ kind: output }, value);
      if (isFailure(text)) return session.failed(text);
      session.out(text);
      return 0;
    }
    if (output !== '') return session.failed(fail("--output must be 'yaml' or 'json'"));
    session.out(`Client Version: ${VERSION}\nKustomize Version: ${KUSTOMIZE_VERSION}\n`);
    if (!isClientOnly) session.out(`Server Version: ${VERSION}\n`);
    return 0;
  },
);

const clusterInfoCommand = plain('cluster-info', [], function* (session): Proc<number> {
  const info = SCHEME.byKind('v1', 'Service');
  if (info === undefined) return 1;
  const server = session.ctx.serverUrl ?? DEFAULT_SERVER;
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

const apiResourcesCommand = plain(
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
  // oxlint-disable-next-line require-yield -- the kinds are known without asking
  function* (session, call): Proc<number> {
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
      session.out(
        sorted
          .map((info) => `${info.plural}${info.group === '' ? '' : `.${info.group}`}\n`)
          .join(''),
      );
      return 0;
    }
    if (output !== '' && output !== 'wide') {
      return session.failed(fail(`--output ${output} is not available`));
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
    session.out(lines.length === 0 ? '' : alignTabs(`${lines.join('\n')}\n`, TABLE_TABS));
    return 0;
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

const apiVersionsCommand = plain(
  'api-versions',
  [],
  // oxlint-disable-next-line require-yield -- the kinds are known without asking
  function* (session): Proc<number> {
    const versions = new Set(servedKinds(session).map(apiVersionOf));
    session.out(
      [...versions]
        .sort(compareText)
        .map((version) => `${version}\n`)
        .join(''),
    );
    return 0;
  },
);

const CONFIG_COMMANDS: readonly Command[] = [
  plain(
    'config current-context',
    [],
    // oxlint-disable-next-line require-yield -- nothing to ask
    function* (session): Proc<number> {
      session.out(`${session.ctx.contextName ?? DEFAULT_CONTEXT}\n`);
      return 0;
    },
  ),
  plain(
    'config get-contexts',
    [boolFlag('no-headers'), textFlag('output', 'o')],
    // oxlint-disable-next-line require-yield -- nothing to ask
    function* (session, call): Proc<number> {
      const context = session.ctx.contextName ?? DEFAULT_CONTEXT;
      if (call.flags.text('output') === 'name') {
        session.out(`${context}\n`);
        return 0;
      }
      const { namespace } = session.ctx;
      const row = `*\t${context}\t${context}\t${context}-admin\t${namespace === 'default' ? '' : namespace}`;
      const header = 'CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE';
      const lines = call.flags.bool('no-headers') ? [row] : [header, row];
      session.out(alignTabs(`${lines.join('\n')}\n`, TABLE_TABS));
      return 0;
    },
  ),
  plain(
    'config view',
    [boolFlag('minify'), boolFlag('flatten'), boolFlag('raw'), textFlag('output', 'o')],
    // oxlint-disable-next-line require-yield -- nothing to ask
    function* (session): Proc<number> {
      const text = printStructured({ kind: 'yaml' }, configView(session));
      if (isFailure(text)) return session.failed(text);
      session.out(text);
      return 0;
    },
  ),
  plain(
    'config set-context',
    [boolFlag('current'), textFlag('namespace', 'n'), textFlag('cluster'), textFlag('user')],
    // oxlint-disable-next-line require-yield -- nothing to ask
    function* (session, call): Proc<number> {
      const context = session.ctx.contextName ?? DEFAULT_CONTEXT;
      const [name] = call.args;
      if (!call.flags.bool('current') && name !== context) {
        return session.failed(
          fail(`only the current context ${JSON.stringify(context)} can be changed`),
        );
      }
      if (call.flags.has('namespace'))
        session.ctx.setNamespace?.(call.flags.text('namespace') || 'default');
      session.out(`Context ${JSON.stringify(context)} modified.\n`);
      return 0;
    },
    (call) =>
      call.args.length === 0 && !call.flags.bool('current')
        ? fail("Unexpected args: []\nSee 'kubectl config set-context -h' for help and examples")
        : undefined,
  ),
];

function configView(session: Session): unknown {
  const context = session.ctx.contextName ?? DEFAULT_CONTEXT;
  const { namespace } = session.ctx;
  return {
    apiVersion: 'v1',
    clusters: [{ cluster: { server: session.ctx.serverUrl ?? DEFAULT_SERVER }, name: context }],
    contexts: [
      {
        context: {
          cluster: context,
          ...(namespace === 'default' ? {} : { namespace }),
          user: `${context}-admin`,
        },
        name: context,
      },
    ],
    'current-context': context,
    kind: 'Config',
    users: [{ name: `${context}-admin`, user: {} }],
  };
}

/** Podwire has no metrics, as a cluster without metrics-server. */
const TOP_COMMANDS: readonly Command[] = ['pod', 'pods', 'po', 'node', 'nodes', 'no'].map((word) =>
  plain(
    `top ${word}`,
    [
      boolFlag('all-namespaces', 'A'),
      boolFlag('containers'),
      textFlag('selector', 'l'),
      textFlag('sort-by'),
      boolFlag('no-headers'),
    ],
    // oxlint-disable-next-line require-yield -- nothing to ask
    function* (session): Proc<number> {
      return session.failed(fail('Metrics API not available'));
    },
  ),
);

export const INFO_COMMANDS: readonly Command[] = [
  apiResourcesCommand,
  apiVersionsCommand,
  clusterInfoCommand,
  ...CONFIG_COMMANDS,
  ...TOP_COMMANDS,
  versionCommand,
];
