/**
 * `kubectl events`: in the order in which they happened.
 */
import { type KubeEvent, SCHEME, compareText } from '@podwire/api';
import type { Proc } from '@podwire/engine';
import { ALL_NAMESPACES_FLAG, type Command, PRINT_FLAGS } from '../command.ts';
import { eventAge, lastSeen } from '../describe/events.ts';
import { type Failure, fail, isFailure } from '../failure.ts';
import { boolFlag, intFlag, listFlag, textFlag } from '../flags.ts';
import { listOf, outputOf, printStructured } from '../output.ts';
import { noSuchType, parseTargets } from '../resource-args.ts';
import type { Call, Session } from '../session.ts';
import { TABLE_TABS, alignTabs } from '../tabwriter.ts';

export const eventsCommand: Command = {
  path: 'events',
  flags: [
    ...PRINT_FLAGS,
    ALL_NAMESPACES_FLAG,
    textFlag('for'),
    listFlag('types'),
    boolFlag('no-headers'),
    intFlag('chunk-size', 500),
    {
      ...boolFlag('watch', 'w'),
      refusal: 'events --watch is not modelled; use get events --watch',
    },
  ],
  check(call: Call): Failure | undefined {
    if (call.flags.text('for') === '') return undefined;
    const targets = parseTargets([call.flags.text('for')]);
    if (isFailure(targets)) return targets;
    return targets.isTuple ? undefined : fail('--for must be in resource/name form');
  },
  *run(session: Session, call: Call): Proc<number> {
    const { flags } = call;
    const output = outputOf(flags);
    if (isFailure(output)) return session.failed(output);
    const info = SCHEME.byKind('v1', 'Event');
    if (info === undefined) return session.failed(noSuchType('events'));
    const isEverywhere = flags.bool('all-namespaces');
    const listed = yield* session.list(info, {
      namespace: isEverywhere ? undefined : session.namespace,
      fieldSelector: fieldSelectorOf(flags.text('for')),
    });
    if (isFailure(listed)) return session.failed(listed);
    const types = flags.list('types').map((type) => type.toLowerCase());
    const events = (listed.items as readonly KubeEvent[])
      .filter((event) => types.length === 0 || types.includes((event.type ?? '').toLowerCase()))
      .toSorted((a, b) => compareText(lastSeen(a), lastSeen(b)));
    if (events.length === 0) {
      session.err(
        isEverywhere
          ? 'No events found.\n'
          : `No events found in ${session.namespace} namespace.\n`,
      );
      return 0;
    }
    if (output.kind !== 'table') {
      const text = printStructured(output, listOf(events));
      if (isFailure(text)) return session.failed(text);
      session.out(text);
      return 0;
    }
    session.out(table(events, session.nowNs(), isEverywhere, !flags.bool('no-headers')));
    return 0;
  },
};

function fieldSelectorOf(about: string): string {
  if (about === '') return '';
  const targets = parseTargets([about]);
  if (isFailure(targets)) return '';
  const [target] = targets.targets;
  return `involvedObject.kind=${target?.info.kind ?? ''},involvedObject.name=${target?.names[0] ?? ''}`;
}

function table(
  events: readonly KubeEvent[],
  nowNs: number,
  hasNamespace: boolean,
  hasHeader: boolean,
): string {
  const lines = events.map((event) => {
    const cells = [
      eventAge(event, nowNs),
      event.type ?? '',
      event.reason ?? '',
      `${event.involvedObject.kind ?? ''}/${event.involvedObject.name ?? ''}`,
      (event.message ?? '').trim(),
    ];
    return (hasNamespace ? [event.metadata.namespace ?? '', ...cells] : cells).join('\t');
  });
  const header = `${hasNamespace ? 'NAMESPACE\t' : ''}LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE`;
  return alignTabs(`${[...(hasHeader ? [header] : []), ...lines].join('\n')}\n`, TABLE_TABS);
}
