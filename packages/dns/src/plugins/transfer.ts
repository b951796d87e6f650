/**
 * `transfer`: AXFR and IXFR of the zones that plugins of the block serve, to those who may have them.
 */
import { formatIp } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { normalizeZone } from '../corefile.ts';
import { matchZone } from '../names.ts';
import {
  type DnsHandler,
  type DnsOutcome,
  type DnsPlugin,
  type DnsRequest,
  type PluginSetup,
  answered,
  authoritative,
} from '../plugin.ts';
import { Kubernetes } from './kubernetes.ts';

const NAME = 'transfer';

interface Rule {
  readonly zones: readonly string[];
  /** Addresses of the secondaries, `*` for anybody. */
  readonly to: readonly string[];
}

export function transferPlugin(setup: PluginSetup): DnsPlugin | undefined {
  const rules: Rule[] = [];
  for (const directive of setup.directives) {
    const zones = directive.args.flatMap(normalizeZone);
    const to: string[] = [];
    for (const { name, args, line } of directive.block ?? []) {
      if (name !== 'to') setup.error(line, `unknown property "${name}"`);
      else if (args.length === 0)
        setup.error(line, "Wrong argument count or unexpected line ending after 'to'");
      else to.push(...args.map((text) => text.replace(/:\d+$/, '')));
    }
    if (to.length === 0) setup.error(directive.line, "'to' is required");
    rules.push({ zones: zones.length > 0 ? zones : setup.zones, to });
  }
  return {
    name: NAME,
    *serve(request: DnsRequest, next: DnsHandler): Proc<DnsOutcome> {
      const { name, type } = request.question;
      if (type !== 'AXFR' && type !== 'IXFR') return yield* next(request);
      const rule = rules.find(({ zones }) => matchZone(zones, name) !== undefined);
      if (rule === undefined) return yield* next(request);
      if (!rule.to.includes('*') && !rule.to.includes(formatIp(request.clientIp))) {
        return { kind: 'failed', rcode: 'REFUSED' };
      }
      const kubernetes = setup.sibling('kubernetes');
      const records = kubernetes instanceof Kubernetes ? kubernetes.transfer(name) : undefined;
      if (records === undefined) return yield* next(request);
      return answered(authoritative(request, { answers: records }), NAME);
    },
  };
}
