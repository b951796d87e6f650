/**
 * `kubectl config`: the one context there is, and its namespace.
 */
import { type Command, told } from '../command.ts';
import { type Failure, fail, isFailure } from '../failure.ts';
import { boolFlag, textFlag } from '../flags.ts';
import { outputOf, printStructured } from '../output.ts';
import type { Call, Session } from '../session.ts';
import { TABLE_TABS, alignTabs } from '../tabwriter.ts';

export const CONFIG_COMMANDS: readonly Command[] = [
  told('config current-context', [], (session) => `${session.contextName}\n`),
  told(
    'config get-contexts',
    [boolFlag('no-headers'), textFlag('output', 'o')],
    ({ contextName, ctx }, call) => {
      const unknown = call.args.find((name) => name !== contextName);
      if (unknown !== undefined) return fail(`context ${unknown} not found`);
      if (call.flags.text('output') === 'name') return `${contextName}\n`;
      const namespace = ctx.namespace === 'default' ? '' : ctx.namespace;
      const row = `*\t${contextName}\t${contextName}\t${contextName}-admin\t${namespace}`;
      const header = 'CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE';
      const lines = call.flags.bool('no-headers') ? [row] : [header, row];
      return alignTabs(`${lines.join('\n')}\n`, TABLE_TABS);
    },
    () => undefined,
  ),
  told(
    'config view',
    [
      boolFlag('minify'),
      boolFlag('flatten'),
      boolFlag('raw'),
      textFlag('output', 'o', 'yaml'),
      textFlag('template'),
    ],
    (session, call) => {
      const output = outputOf(call.flags);
      if (isFailure(output)) return output;
      return output.kind === 'table' || output.kind === 'name'
        ? fail(
            `unable to match a printer suitable for the output format ${JSON.stringify(call.flags.text('output'))}, allowed formats are: go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,name,template,templatefile,yaml`,
          )
        : printStructured(output, configView(session));
    },
  ),
  told(
    'config set-context',
    [boolFlag('current'), textFlag('namespace', 'n'), textFlag('cluster'), textFlag('user')],
    (session, call) => {
      const { contextName, ctx } = session;
      if (!call.flags.bool('current') && call.args[0] !== contextName) {
        return fail(`only the current context ${JSON.stringify(contextName)} can be changed`);
      }
      if (call.flags.has('namespace'))
        ctx.setNamespace?.(call.flags.text('namespace') || 'default');
      return `Context ${JSON.stringify(contextName)} modified.\n`;
    },
    (call) =>
      call.args.length === 0 && !call.flags.bool('current')
        ? fail('you must specify a non-empty context name or --current')
        : undefined,
  ),
  {
    ...told('config use-context', [], ({ contextName }, call) =>
      call.args[0] === contextName
        ? `Switched to context ${JSON.stringify(contextName)}.\n`
        : fail(`no context exists with the name: ${JSON.stringify(call.args[0])}`),
    ),
    aliases: ['config use'],
    check: (call) => (call.args.length === 1 ? undefined : unexpected(call)),
  },
];

function unexpected(call: Call): Failure {
  return fail(
    `Unexpected args: [${call.args.join(' ')}]\nSee 'kubectl ${call.command} -h' for help and examples`,
  );
}

function configView({ contextName, ctx, serverUrl }: Session): unknown {
  const { namespace } = ctx;
  const user = `${contextName}-admin`;
  return {
    apiVersion: 'v1',
    clusters: [{ cluster: { server: serverUrl }, name: contextName }],
    contexts: [
      {
        context: {
          cluster: contextName,
          ...(namespace === 'default' ? {} : { namespace }),
          user,
        },
        name: contextName,
      },
    ],
    'current-context': contextName,
    kind: 'Config',
    users: [{ name: user, user: {} }],
  };
}
