/**
 * The `ss` command of iproute2, for the options people type: -t -u -l -a -n -p -H and their long forms.
 */
import type { NetNs } from '../netns.ts';
import { formatSs } from '../show/ss-text.ts';
import { type CommandResult, fail, ok } from './command-result.ts';

const LONG: ReadonlyMap<string, string> = new Map([
  ['--tcp', 't'],
  ['--udp', 'u'],
  ['--listening', 'l'],
  ['--all', 'a'],
  ['--numeric', 'n'],
  ['--processes', 'p'],
  ['--no-header', 'H'],
  ['--ipv4', '4'],
]);

/** Runs `ss ARGV…` (without the word `ss`). Not modelled: filters, raw and Unix sockets, service names. */
export function ssCommand(ns: NetNs, argv: readonly string[]): CommandResult {
  let letters = '';
  for (const arg of argv) {
    const long = LONG.get(arg);
    if (long !== undefined) letters += long;
    else if (/^-[tulanpH4eo]+$/.test(arg)) letters += arg.slice(1);
    else if (/^-[a-zA-Z0-9]+$/.test(arg) || arg.startsWith('--')) {
      return fail(255, `ss: option ${arg} is not modelled by podwire\n`);
    } else return fail(255, `ss: filters are not modelled by podwire: ${arg}\n`);
  }
  return ok(
    formatSs(ns, {
      tcp: letters.includes('t'),
      udp: letters.includes('u'),
      isListening: letters.includes('l'),
      isAll: letters.includes('a'),
      hasProcesses: letters.includes('p'),
      isHeaderless: letters.includes('H'),
    }),
  );
}
