/**
 * `template`: answers made from a pattern. Of Go's template language the fields are understood:
 * `{{ .Name }}`, `{{ .Class }}`, `{{ .Type }}`, `{{ .Zone }}`, `{{ .Group.name }}`, `{{ index .Match 1 }}`.
 */
import type { Proc } from '@podwire/engine';
import { DNS_RCODES, type DnsRcode, type DnsRecord } from '@podwire/wire';
import { type Directive, normalizeZone } from '../corefile.ts';
import { matchZone } from '../names.ts';
import {
  type DnsHandler,
  type DnsOutcome,
  type DnsPlugin,
  type DnsRequest,
  Fallthrough,
  type PluginSetup,
  answered,
  authoritative,
} from '../plugin.ts';
import { parseRecord } from '../record-text.ts';

const NAME = 'template';

interface Template {
  readonly class: string;
  readonly type: string;
  readonly zones: readonly string[];
  readonly patterns: RegExp[];
  readonly answers: string[];
  readonly additionals: string[];
  readonly authorities: string[];
  rcode: DnsRcode;
  fallthrough: Fallthrough;
}

export function templatePlugin(setup: PluginSetup): DnsPlugin | undefined {
  const templates = setup.directives.map((directive) => parseTemplate(setup, directive));
  if (templates.length === 0) return undefined;
  return {
    name: NAME,
    *serve(request: DnsRequest, next: DnsHandler): Proc<DnsOutcome> {
      for (const template of templates) {
        const zone = matchZone(template.zones, request.question.name);
        if (zone === undefined || !isAsked(template, request)) continue;
        const match = firstMatch(template.patterns, request.question.name);
        if (match === undefined) {
          if (template.fallthrough.covers(request.question.name, matchZone)) continue;
          return answered(authoritative(request, { rcode: 'NXDOMAIN' }), NAME);
        }
        return fill(template, request, zone, match);
      }
      return yield* next(request);
    },
  };
}

function parseTemplate(setup: PluginSetup, directive: Directive): Template {
  const [dnsClass, type, ...zones] = directive.args;
  if (dnsClass === undefined || type === undefined) {
    setup.error(directive.line, `Wrong argument count or unexpected line ending after '${NAME}'`);
  }
  const template: Template = {
    class: (dnsClass ?? 'ANY').toUpperCase(),
    type: (type ?? 'ANY').toUpperCase(),
    zones: zones.length > 0 ? zones.flatMap(normalizeZone) : setup.zones,
    patterns: [],
    answers: [],
    additionals: [],
    authorities: [],
    rcode: 'NOERROR',
    fallthrough: new Fallthrough(),
  };
  for (const { name, args, line } of directive.block ?? []) {
    switch (name) {
      case 'match':
        for (const arg of args) {
          try {
            template.patterns.push(new RegExp(arg.replaceAll('(?P<', '(?<')));
          } catch {
            setup.error(line, `could not parse regex: ${arg}`);
          }
        }
        break;
      case 'answer':
        template.answers.push(...args);
        break;
      case 'additional':
        template.additionals.push(...args);
        break;
      case 'authority':
        template.authorities.push(...args);
        break;
      case 'rcode': {
        const rcode = DNS_RCODES.find((one) => one === (args[0] ?? '').toUpperCase());
        if (rcode === undefined) setup.error(line, `unknown rcode ${args[0] ?? ''}`);
        else template.rcode = rcode;
        break;
      }
      case 'fallthrough':
        template.fallthrough = new Fallthrough(
          args.length === 0 ? ['.'] : args.flatMap(normalizeZone),
        );
        break;
      case 'upstream':
      case 'ederror':
        break;
      default:
        setup.error(line, `unknown property '${name}'`);
    }
  }
  return template;
}

function isAsked(template: Template, request: DnsRequest): boolean {
  const { question } = request;
  return (
    (template.class === 'ANY' || template.class === question.class) &&
    (template.type === 'ANY' || template.type === question.type)
  );
}

function firstMatch(patterns: readonly RegExp[], name: string): RegExpExecArray | undefined {
  const list = patterns.length > 0 ? patterns : [/.*/];
  for (const pattern of list) {
    const match = pattern.exec(name);
    if (match !== null) return match;
  }
  return undefined;
}

function fill(
  template: Template,
  request: DnsRequest,
  zone: string,
  match: RegExpExecArray,
): DnsOutcome {
  const records: DnsRecord[][] = [];
  for (const lines of [template.answers, template.authorities, template.additionals]) {
    const section: DnsRecord[] = [];
    for (const line of lines) {
      const record = parseRecord(expand(line, request, zone, match));
      if (record === undefined)
        return { kind: 'failed', rcode: 'SERVFAIL', error: `bad record in template: ${line}` };
      section.push(record);
    }
    records.push(section);
  }
  const [answers = [], authorities = [], additionals = []] = records;
  const { rcode } = template;
  if (rcode === 'SERVFAIL' || rcode === 'REFUSED' || rcode === 'FORMERR' || rcode === 'NOTIMP') {
    return { kind: 'failed', rcode };
  }
  return answered(authoritative(request, { rcode, answers, authorities, additionals }), NAME);
}

function expand(line: string, request: DnsRequest, zone: string, match: RegExpExecArray): string {
  return line.replaceAll(/\{\{\s*(.+?)\s*\}\}/g, (whole, inner: string) => {
    const { name, type } = request.question;
    const group = /^\.Group\.(\w+)$/.exec(inner)?.[1];
    if (group !== undefined) return match.groups?.[group] ?? match[Number(group)] ?? '';
    const index = /^index \.Match (\d+)$/.exec(inner)?.[1];
    if (index !== undefined) return match[Number(index)] ?? '';
    switch (inner) {
      case '.Name':
        return name.toLowerCase();
      case '.Type':
        return type;
      case '.Class':
        return request.question.class;
      case '.Zone':
        return zone;
      default:
        return whole;
    }
  });
}
