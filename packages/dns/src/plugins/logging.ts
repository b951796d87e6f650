/**
 * `errors` and `log`: what the server writes to its output.
 */
import { formatIp } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import { type DnsMessage, encodeDns } from '@podwire/wire';
import { normalizeZone } from '../corefile.ts';
import { matchZone } from '../names.ts';
import type { DnsHandler, DnsOutcome, DnsPlugin, DnsRequest, PluginSetup } from '../plugin.ts';

/** Logs errors that plugins below it report: `[ERROR] plugin/errors: 2 name. TYPE: error`. */
export function errorsPlugin(setup: PluginSetup): DnsPlugin | undefined {
  if (setup.directives.length === 0) return undefined;
  return {
    name: 'errors',
    *serve(request: DnsRequest, next: DnsHandler): Proc<DnsOutcome> {
      const outcome = yield* next(request);
      if (outcome.kind === 'failed' && outcome.error !== undefined) {
        const code = outcome.rcode === 'REFUSED' ? 5 : 2;
        const { name, type } = request.question;
        setup.deps.log(`[ERROR] plugin/errors: ${code} ${name} ${type}: ${outcome.error}`);
      }
      return outcome;
    },
  };
}

const CLASSES = ['all', 'success', 'denial', 'error'] as const;
type LogClass = (typeof CLASSES)[number];

export function logPlugin(setup: PluginSetup): DnsPlugin | undefined {
  if (setup.directives.length === 0) return undefined;
  const rules = setup.directives.map(({ args, block, line }) => {
    const classes = new Set<LogClass>();
    for (const option of block ?? []) {
      if (option.name !== 'class') {
        setup.error(option.line, `unknown property '${option.name}'`);
        continue;
      }
      for (const word of option.args) {
        const known = CLASSES.find((one) => one === word);
        if (known === undefined) setup.error(line, `failed to convert "${word}" to a class`);
        else classes.add(known);
      }
    }
    if (classes.size === 0) classes.add('all');
    // Not modelled: formats of one's own; the common one is always used.
    const zones = args.slice(0, 1).flatMap(normalizeZone);
    return { zones: zones.length > 0 ? zones : ['.'], classes };
  });
  return {
    name: 'log',
    *serve(request: DnsRequest, next: DnsHandler): Proc<DnsOutcome> {
      const startNs = setup.deps.sim.nowNs();
      const outcome = yield* next(request);
      const { name } = request.question;
      const rule = rules.find((one) => matchZone(one.zones, name) !== undefined);
      if (rule !== undefined && isLogged(rule.classes, outcome)) {
        setup.deps.log(commonLine(request, outcome, setup.deps.sim.nowNs() - startNs));
      }
      return outcome;
    },
  };
}

function isLogged(classes: ReadonlySet<LogClass>, outcome: DnsOutcome): boolean {
  return classes.has('all') || classes.has(classOf(outcome));
}

function classOf(outcome: DnsOutcome): LogClass {
  if (outcome.kind !== 'answered') return 'error';
  const { message } = outcome;
  if (message.rcode === 'NXDOMAIN') return 'denial';
  if (message.rcode !== 'NOERROR') return 'error';
  const isDenial =
    message.answers.length === 0 && message.authorities.some((record) => record.type === 'SOA');
  return isDenial ? 'denial' : 'success';
}

/** `10.244.7.7:56893 - 38886 "A IN name. udp 56 false 512" NXDOMAIN qr,aa,rd 149 0.0002s` */
function commonLine(request: DnsRequest, outcome: DnsOutcome, durationNs: number): string {
  const { question, message, transport, lenBytes } = request;
  const dnssecOk = message.edns?.dnssecOk === true;
  const bufferBytes =
    transport === 'tcp' ? 65535 : Math.max(512, message.edns?.udpSizeBytes ?? 512);
  const asked = `${question.type} ${question.class} ${question.name} ${transport} ${lenBytes} ${dnssecOk} ${bufferBytes}`;
  const client = `${formatIp(request.clientIp)}:${request.clientPort}`;
  const duration = `${Number((durationNs / 1e9).toFixed(9))}s`;
  const reply = outcome.kind === 'answered' ? outcome.message : undefined;
  const rcode = reply?.rcode ?? (outcome.kind === 'failed' ? outcome.rcode : '-');
  const flags = reply === undefined ? '-' : flagsOf(reply);
  const size = reply === undefined ? 0 : encodeDns(reply).length;
  return `[INFO] ${client} - ${message.id} "${asked}" ${rcode} ${flags} ${size} ${duration}`;
}

function flagsOf(message: DnsMessage): string {
  const flags = ['qr'];
  if (message.authoritative) flags.push('aa');
  if (message.truncated) flags.push('tc');
  if (message.recursionDesired) flags.push('rd');
  if (message.recursionAvailable) flags.push('ra');
  if (message.authenticData) flags.push('ad');
  if (message.checkingDisabled) flags.push('cd');
  return flags.join(',');
}
