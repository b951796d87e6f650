/**
 * What curl prints about a transfer besides its body: the progress meter and `-w`.
 */
import { NS_PER_MS, NS_PER_SEC, NS_PER_US } from '@podwire/base';

/** A transfer's facts; times count from its start, -1 = never came to that. */
export interface TransferReport {
  readonly urlEffective: string;
  readonly method: string;
  readonly scheme: string;
  exitCode: number;
  message: string;
  httpCode: number;
  contentType: string;
  remoteIp: string;
  remotePort: number;
  localIp: string;
  localPort: number;
  numConnects: number;
  numRedirects: number;
  /** Header lines of the last answer. */
  numHeaders: number;
  redirectUrl: string;
  sizeDownload: number;
  sizeUpload: number;
  sizeHeader: number;
  sizeRequest: number;
  /** Expected size of the body, -1 = unknown. */
  sizeExpected: number;
  nameLookupNs: number;
  connectNs: number;
  startTransferNs: number;
  redirectNs: number;
  totalNs: number;
  outputName: string;
  /** Which of the command line's URLs it is, from 0. */
  urlIndex: number;
}

export function emptyReport(method: string): TransferReport {
  return {
    urlEffective: '',
    method,
    scheme: 'http',
    exitCode: 0,
    message: '',
    httpCode: 0,
    contentType: '',
    remoteIp: '',
    remotePort: 0,
    localIp: '',
    localPort: 0,
    numConnects: 0,
    numRedirects: 0,
    numHeaders: 0,
    redirectUrl: '',
    sizeDownload: 0,
    sizeUpload: 0,
    sizeHeader: 0,
    sizeRequest: 0,
    sizeExpected: -1,
    nameLookupNs: 0,
    connectNs: 0,
    startTransferNs: 0,
    redirectNs: 0,
    totalNs: 0,
    outputName: '',
    urlIndex: 0,
  };
}

export const METER_HEAD: string =
  '  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n' +
  '                                 Dload  Upload   Total   Spent    Left  Speed\n';

/** A line of the progress meter, with the carriage return before it. */
export function meterLine(report: TransferReport, elapsedNs: number): string {
  const { sizeDownload: down, sizeUpload: up } = report;
  const expected = Math.max(report.sizeExpected, 0) + up;
  const total = expected > 0 ? expected : down + up;
  const percent = (part: number, whole: number): string =>
    String(whole > 0 ? Math.floor((part * 100) / whole) : 0).padStart(3);
  const spentSec = Math.floor(elapsedNs / NS_PER_SEC);
  const current = Math.floor(((down + up) * 1000) / Math.max(Math.floor(elapsedNs / NS_PER_MS), 1));
  return (
    `\r${percent(down + up, total)} ${five(total)}  ` +
    `${percent(down, Math.max(report.sizeExpected, down))} ${five(down)}  ` +
    `${percent(up, up)} ${five(up)}  ${five(speed(down, elapsedNs))}  ${five(speed(up, elapsedNs))} ` +
    `--:--:-- ${clockOf(spentSec)} --:--:-- ${five(current)}`
  );
}

function speed(bytes: number, elapsedNs: number): number {
  return Math.floor((bytes * 1_000_000) / Math.max(Math.floor(elapsedNs / NS_PER_US), 1));
}

function clockOf(seconds: number): string {
  if (seconds === 0) return '--:--:--';
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = String(Math.floor(seconds / 3600)).padStart(2);
  return `${hours}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** max5data(): a number in five columns. */
export function five(bytes: number): string {
  if (bytes < 100_000) return String(bytes).padStart(5);
  if (bytes < 10_000 * 1024) return `${String(Math.floor(bytes / 1024)).padStart(4)}k`;
  const mega = 1024 * 1024;
  if (bytes < 100 * mega) {
    const tenth = Math.floor((bytes % mega) / (mega / 10));
    return `${String(Math.floor(bytes / mega)).padStart(2)}.${tenth}M`;
  }
  return `${String(Math.floor(bytes / mega)).padStart(4)}M`;
}

/** Expands a `-w` format; unknown variables go to `complain`. */
export function formatWriteOut(
  format: string,
  report: TransferReport,
  complain: (name: string) => void,
): string {
  const escaped = format
    .replaceAll('\\n', '\n')
    .replaceAll('\\r', '\r')
    .replaceAll('\\t', '\t')
    .replaceAll('%%', '\0');
  return escaped
    .replace(/%\{([^}]*)\}/g, (_all, name: string) => {
      const value = variable(report, name);
      if (value === undefined) complain(name);
      return value ?? '';
    })
    .replaceAll('\0', '%');
}

function variable(report: TransferReport, name: string): string | undefined {
  const seconds = (ns: number): string => (Math.max(ns, 0) / NS_PER_SEC).toFixed(6);
  switch (name) {
    case 'http_code':
    case 'response_code':
      return String(report.httpCode).padStart(3, '0');
    case 'http_connect':
      return '000';
    case 'exitcode':
      return String(report.exitCode);
    case 'errormsg':
      return report.message;
    case 'remote_ip':
      return report.remoteIp;
    case 'remote_port':
      return String(report.remotePort);
    case 'local_ip':
      return report.localIp;
    case 'local_port':
      return String(report.localPort);
    case 'num_connects':
      return String(report.numConnects);
    case 'num_redirects':
      return String(report.numRedirects);
    case 'num_headers':
      return String(report.numHeaders);
    case 'redirect_url':
      return report.redirectUrl;
    case 'url':
    case 'url_effective':
      return report.urlEffective;
    case 'method':
      return report.method;
    case 'scheme':
      return report.scheme.toUpperCase();
    case 'http_version':
      return report.httpCode === 0 ? '0' : '1.1';
    case 'content_type':
      return report.contentType;
    case 'size_download':
      return String(report.sizeDownload);
    case 'size_upload':
      return String(report.sizeUpload);
    case 'size_header':
      return String(report.sizeHeader);
    case 'size_request':
      return String(report.sizeRequest);
    case 'speed_download':
      return String(speed(report.sizeDownload, report.totalNs));
    case 'speed_upload':
      return String(speed(report.sizeUpload, report.totalNs));
    case 'time_namelookup':
      return seconds(report.nameLookupNs);
    case 'time_connect':
    case 'time_pretransfer':
      return seconds(report.connectNs);
    case 'time_appconnect':
      return seconds(0);
    case 'time_starttransfer':
      return seconds(report.startTransferNs);
    case 'time_redirect':
      return seconds(report.redirectNs);
    case 'time_total':
      return seconds(report.totalNs);
    case 'ssl_verify_result':
      return '0';
    case 'filename_effective':
      return report.outputName;
    case 'urlnum':
      return String(report.urlIndex);
    case 'stdout':
    case 'stderr':
      return '';
    default:
      return undefined;
  }
}
