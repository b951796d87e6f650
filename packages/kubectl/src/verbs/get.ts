/**
 * `kubectl get`: lists and single objects, in every form, once or as a watch.
 */
import { type KindInfo, type KubeObject, type WatchEvent, qualifiedResource } from '@podwire/api';
import type { Proc } from '@podwire/engine';
import {
  ALL_NAMESPACES_FLAG,
  type Command,
  FIELD_SELECTOR_FLAG,
  FILENAME_FLAGS,
  PRINT_FLAGS,
  SELECTOR_FLAG,
} from '../command.ts';
import {
  type Failure,
  fail,
  failVerbatim,
  failureOf,
  formatFailures,
  isFailure,
} from '../failure.ts';
import { boolFlag, intFlag, listFlag, textFlag } from '../flags.ts';
import {
  type Output,
  listOf,
  outputOf,
  printCustomColumns,
  printStructured,
  printable,
} from '../output.ts';
import { printerOf } from '../printers/index.ts';
import { TableWriter } from '../printers/table.ts';
import { parseTargets } from '../resource-args.ts';
import { type Call, type Found, type Session, kindName, objectName, scope } from '../session.ts';
import { sortObjects } from '../sort.ts';
import { lookUp } from './lookup.ts';

const NOTHING_ASKED = `You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.

error: Required resource not specified.
Use "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).
See 'kubectl get -h' for help and examples`;

export const getCommand: Command = {
  path: 'get',
  flags: [
    ...PRINT_FLAGS,
    ...FILENAME_FLAGS,
    SELECTOR_FLAG,
    FIELD_SELECTOR_FLAG,
    ALL_NAMESPACES_FLAG,
    boolFlag('watch', 'w'),
    boolFlag('watch-only'),
    boolFlag('output-watch-events'),
    boolFlag('no-headers'),
    boolFlag('show-labels'),
    boolFlag('show-kind'),
    listFlag('label-columns', 'L'),
    textFlag('sort-by'),
    boolFlag('ignore-not-found'),
    intFlag('chunk-size', 500),
    boolFlag('server-print', undefined, 'true'),
    textFlag('subresource'),
    textFlag('raw'),
  ],
  check(call: Call): Failure | undefined {
    const { flags, args } = call;
    if (flags.text('raw') !== '') return fail('--raw is not modelled');
    if (args.length === 0 && flags.list('filename').length === 0) {
      return failVerbatim(NOTHING_ASKED);
    }
    const output = outputOf(flags);
    if (isFailure(output)) return output;
    const targets = args.length === 0 ? undefined : parseTargets(args);
    if (targets !== undefined && isFailure(targets)) return targets;
    return undefined;
  },
  *run(session: Session, call: Call): Proc<number> {
    const output = outputOf(call.flags);
    if (isFailure(output)) return session.failed(output);
    if (call.flags.bool('watch') || call.flags.bool('watch-only')) {
      return yield* watchKind(session, call, output);
    }
    const found = yield* lookUp(session, {
      args: call.args,
      flags: call.flags,
      isAllByDefault: true,
      ignoreNotFound: call.flags.bool('ignore-not-found'),
    });
    if (isFailure(found)) return session.failed(found);
    const sorted = sortFound(call, found.found);
    if (isFailure(sorted)) return session.failed(sorted);
    if (sorted.length > 0 || found.failures.length === 0) {
      const problem = print(session, call, output, sorted, found.isSingle);
      if (problem !== undefined) return session.failed(problem);
    }
    if (found.failures.length > 0) {
      session.err(formatFailures(found.failures));
      return 1;
    }
    return 0;
  },
};

function sortFound(call: Call, found: readonly Found[]): readonly Found[] | Failure {
  const by = call.flags.text('sort-by');
  return by === '' ? found : sortObjects(found, by);
}

function print(
  session: Session,
  call: Call,
  output: Output,
  found: readonly Found[],
  isSingle: boolean,
): Failure | undefined {
  const { flags } = call;
  switch (output.kind) {
    case 'table':
      printTables(session, call, output.isWide, found);
      return undefined;
    case 'name':
      for (const { info, object } of found) {
        session.out(`${objectName(info, object.metadata.name)}\n`);
      }
      return undefined;
    case 'custom-columns': {
      const objects = found.map(({ object }) => object);
      session.out(printCustomColumns(output, objects, !flags.bool('no-headers')));
      return undefined;
    }
    case 'yaml':
    case 'json':
    case 'kyaml':
    case 'jsonpath': {
      const [first] = found;
      if (isSingle && first === undefined) return undefined;
      const value =
        isSingle && first !== undefined
          ? printable(first.object)
          : listOf(found.map(({ object }) => object));
      const text = printStructured(output, value);
      if (isFailure(text)) return text;
      session.out(text);
      return undefined;
    }
  }
}

function printTables(session: Session, call: Call, isWide: boolean, found: readonly Found[]): void {
  if (found.length === 0) {
    if (!call.flags.bool('ignore-not-found')) session.err(emptyText(session, call));
    return;
  }
  const groups = groupByKind(found);
  let text = '';
  for (const [index, { info, objects }] of groups.entries()) {
    if (index > 0 && !call.flags.bool('no-headers')) text += '\n';
    const writer = tableWriter(call, info, isWide, groups.length > 1);
    text += writer.write(objects, session.nowNs());
  }
  session.out(text);
}

/** Neighbours of one kind share a table. */
function groupByKind(
  found: readonly Found[],
): { readonly info: KindInfo; readonly objects: KubeObject[] }[] {
  const groups: { readonly info: KindInfo; readonly objects: KubeObject[] }[] = [];
  for (const { info, object } of found) {
    const last = groups.at(-1);
    if (last?.info === info) last.objects.push(object);
    else groups.push({ info, objects: [object] });
  }
  return groups;
}

function tableWriter(
  call: Call,
  info: KindInfo,
  isWide: boolean,
  hasManyKinds: boolean,
): TableWriter {
  const { flags } = call;
  const asksSeveral = (call.args[0] ?? '').includes(',') || (call.args[0] ?? '') === 'all';
  const hasPrefix = hasManyKinds || asksSeveral || flags.bool('show-kind');
  return new TableWriter(printerOf(info), {
    isWide,
    hasNamespace: flags.bool('all-namespaces') && info.isNamespaced,
    hasHeader: !flags.bool('no-headers'),
    showLabels: flags.bool('show-labels'),
    labelColumns: flags.list('label-columns'),
    namePrefix: hasPrefix ? `${kindName(info)}/` : '',
  });
}

function emptyText(session: Session, call: Call): string {
  const targets = parseTargets(call.args);
  const isNamespaced =
    !isFailure(targets) && targets.targets.every(({ info }) => info.isNamespaced);
  return isNamespaced && !call.flags.bool('all-namespaces')
    ? `No resources found in ${session.namespace} namespace.\n`
    : 'No resources found\n';
}

/** Lists, then prints each change, until the stream ends or the caller cancels. */
function* watchKind(session: Session, call: Call, output: Output): Proc<number> {
  const { flags } = call;
  const targets = parseTargets(call.args);
  if (isFailure(targets)) return session.failed(targets);
  const [target] = targets.targets;
  if (target === undefined || targets.targets.length > 1 || target.names.length > 1) {
    return session.failed(
      fail(
        'watch is only supported on individual resources and resource collections - more than 1 resource was found',
      ),
    );
  }
  const { info, names } = target;
  const [name] = names;
  const namespace = flags.bool('all-namespaces') ? undefined : session.namespace;
  const isTable = output.kind === 'table';
  const writer = tableWriter(call, info, isTable && output.isWide, false);
  const fieldSelector = name === undefined ? flags.text('field-selector') : `metadata.name=${name}`;
  const labelSelector = flags.text('selector');
  let resourceVersion = '0';
  if (name === undefined) {
    const listed = yield* session.list(info, { namespace, labelSelector, fieldSelector });
    if (isFailure(listed)) return session.failed(listed);
    ({ resourceVersion } = listed);
    if (!flags.bool('watch-only') && listed.items.length > 0) {
      show(session, output, writer, info, listed.items);
    }
  } else {
    const object = yield* session.get(info, namespace, name);
    if (isFailure(object)) return session.failed(object);
    resourceVersion = object.metadata.resourceVersion ?? '0';
    if (!flags.bool('watch-only')) show(session, output, writer, info, [object]);
  }
  let expired: Failure | undefined;
  const ended = yield* session.ctx.client.watch(
    {
      verb: 'watch',
      resource: qualifiedResource(info),
      ...scope(info, namespace),
      query: {
        resourceVersion,
        ...(labelSelector === '' ? {} : { labelSelector }),
        ...(fieldSelector === '' ? {} : { fieldSelector }),
      },
    },
    (event: WatchEvent) => {
      if (event.type === 'BOOKMARK') return;
      if (event.type === 'ERROR') {
        expired = failureOf({ code: event.object.code ?? 500, body: event.object });
        return;
      }
      show(session, output, writer, info, [event.object]);
    },
  );
  if (expired !== undefined) return session.failed(expired);
  return ended === undefined ? 0 : session.failed(failureOf(ended));
}

function show(
  session: Session,
  output: Output,
  writer: TableWriter,
  info: KindInfo,
  objects: readonly KubeObject[],
): void {
  if (output.kind === 'table') {
    session.out(writer.write(objects, session.nowNs()));
    return;
  }
  for (const object of objects) {
    if (output.kind === 'name') session.out(`${objectName(info, object.metadata.name)}\n`);
    else if (output.kind === 'custom-columns')
      session.out(printCustomColumns(output, [object], false));
    else {
      const text = printStructured(output, printable(object));
      if (isFailure(text)) session.failed(text);
      else session.out(output.kind === 'yaml' ? `${text}---\n` : text);
    }
  }
}
