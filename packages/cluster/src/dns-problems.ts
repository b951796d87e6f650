/**
 * What is wrong with the DNS that a user describes: the cluster's Corefile, zones of the world outside.
 */
import { PLUGIN_ORDER, formatCorefileError, isZoneRecord, parseCorefile } from '@podwire/dns';
import type { UpstreamZone } from './world-spec.ts';

/** The first error of a Corefile in CoreDNS's words; undefined: CoreDNS would start with it. */
export function corefileProblem(text: string): string | undefined {
  const { blocks, errors } = parseCorefile(text);
  const [error] = [
    ...errors,
    ...blocks
      .flatMap(({ directives }) => directives)
      .filter(({ name }) => !PLUGIN_ORDER.has(name))
      .map(({ name, line }) => ({ line, message: `Unknown directive '${name}'` })),
  ];
  return error === undefined ? undefined : formatCorefileError(error);
}

/** Places of a zone's records that are none. */
export function badRecords({ zone, records }: UpstreamZone): readonly number[] {
  return records.flatMap((line, index) => (isZoneRecord(line, zone) ? [] : [index]));
}
