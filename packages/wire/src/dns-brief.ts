/**
 * A DNS message as tcpdump prints it: `4242+ A? www.example.org.`, `4242*- 1/0/0 A 192.0.2.7`.
 */
import { formatIp, hexOf } from '@podwire/base';
import { type DnsData, type DnsRecord, decodeDns } from './dns-message.ts';

/** undefined when the bytes are no DNS message. */
export function formatDnsBrief(bytes: Uint8Array): string | undefined {
  const message = decodeDns(bytes);
  const question = message?.questions[0];
  if (message === undefined || question === undefined) return undefined;
  const additionalCount = message.additionals.length + (message.edns === undefined ? 0 : 1);
  if (!message.isResponse) {
    const rd = message.recursionDesired ? '+' : '';
    const au = additionalCount > 0 ? ` [${additionalCount}au]` : '';
    return `${message.id}${rd}${au} ${question.type}? ${question.name}`;
  }
  const rcode =
    message.rcode === 'NOERROR' ? '' : ` ${RCODE_TEXT.get(message.rcode) ?? message.rcode}`;
  const flags =
    (message.authoritative ? '*' : '') +
    (message.recursionAvailable ? '' : '-') +
    (message.truncated ? '|' : '');
  const counts = `${message.answers.length}/${message.authorities.length}/${additionalCount}`;
  const answers = message.answers.map(formatRecord).join(', ');
  return `${message.id}${rcode}${flags} ${counts}${answers === '' ? '' : ` ${answers}`}`;
}

const RCODE_TEXT: ReadonlyMap<string, string> = new Map([
  ['FORMERR', 'FormErr'],
  ['SERVFAIL', 'ServFail'],
  ['NXDOMAIN', 'NXDomain'],
  ['NOTIMP', 'NotImp'],
  ['REFUSED', 'Refused'],
]);

function formatRecord(record: DnsRecord): string {
  return `${record.type} ${formatDnsData(record.data)}`;
}

/** RDATA as in a zone file and in dig's output. */
export function formatDnsData(data: DnsData): string {
  switch (data.kind) {
    case 'address':
      return formatIp(data.ip);
    case 'name':
      return data.target;
    case 'srv':
      return `${data.priority} ${data.weight} ${data.port} ${data.target}`;
    case 'mx':
      return `${data.preference} ${data.target}`;
    case 'soa':
      return `${data.mname} ${data.rname} ${data.serial} ${data.refresh} ${data.retry} ${data.expire} ${data.minimum}`;
    case 'text':
      return data.texts.map((text) => `"${text.replaceAll('"', '\\"')}"`).join(' ');
    case 'raw': {
      const hex = hexOf(data.bytes);
      return `\\# ${data.bytes.length} ${hex.toUpperCase()}`.trimEnd();
    }
  }
}
