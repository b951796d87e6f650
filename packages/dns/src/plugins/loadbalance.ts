/**
 * `loadbalance`: permutes address and MX records of every answer at random; aliases come first.
 */
import type { Proc } from '@podwire/engine';
import type { DnsRecord } from '@podwire/wire';
import type { DnsHandler, DnsOutcome, DnsPlugin, DnsRequest, PluginSetup } from '../plugin.ts';

export function loadbalancePlugin(setup: PluginSetup): DnsPlugin | undefined {
  const directive = setup.directives[0];
  if (directive === undefined) return undefined;
  const policy = directive.args[0] ?? 'round_robin';
  if (policy !== 'round_robin') {
    if (policy === 'weighted') setup.warn(directive.line, 'loadbalance weighted is not modelled');
    else setup.error(directive.line, `unknown policy: ${policy}`);
  }
  const { rng } = setup.deps;
  const permute = (records: readonly DnsRecord[]): DnsRecord[] => {
    const isMixed = (record: DnsRecord): boolean =>
      record.type === 'A' || record.type === 'AAAA' || record.type === 'MX';
    const aliases = records.filter((record) => record.type === 'CNAME');
    const addresses = records.filter((record) => record.type === 'A' || record.type === 'AAAA');
    const mails = records.filter((record) => record.type === 'MX');
    const rest = records.filter((record) => record.type !== 'CNAME' && !isMixed(record));
    return [...aliases, ...rest, ...rng.shuffle(addresses), ...rng.shuffle(mails)];
  };
  return {
    name: 'loadbalance',
    *serve(request: DnsRequest, next: DnsHandler): Proc<DnsOutcome> {
      const outcome = yield* next(request);
      if (outcome.kind !== 'answered') return outcome;
      const { message } = outcome;
      if (message.rcode !== 'NOERROR') return outcome;
      const { type } = request.question;
      if (type === 'AXFR' || type === 'IXFR') return outcome;
      const answers = permute(message.answers);
      return {
        ...outcome,
        message: { ...message, answers, additionals: permute(message.additionals) },
      };
    },
  };
}
