/**
 * The annotations of ingress-nginx that are understood, read from an Ingress; the others are named.
 */
import type { Ingress } from '@podwire/api';
import { type Cidr, NS_PER_SEC, parseCidr, parseIp } from '@podwire/base';
import type { NginxLimit } from './nginx-limits.ts';

export const NGINX_PREFIX = 'nginx.ingress.kubernetes.io/';

export interface NginxAnnotations {
  readonly rewriteTarget: string | undefined;
  readonly usesRegex: boolean;
  readonly appRoot: string | undefined;
  readonly redirect: { readonly status: number; readonly url: string } | undefined;
  readonly sslRedirect: boolean;
  readonly forceSslRedirect: boolean;
  readonly preservesTrailingSlash: boolean;
  readonly connectTimeoutNs: number;
  readonly readTimeoutNs: number;
  readonly tries: number;
  /** 0: no limit. */
  readonly bodyBytesMax: number;
  /** Source ranges; undefined: what is written is none, and nobody gets in. */
  readonly allowed: readonly Cidr[] | undefined;
  readonly denied: readonly Cidr[] | undefined;
  readonly limits: readonly NginxLimit[];
  readonly affinityCookie: string | undefined;
  readonly hashBy: string | undefined;
  readonly isLeastLoaded: boolean;
  readonly canary: Canary | undefined;
}

export interface Canary {
  readonly header: string | undefined;
  readonly headerValue: string | undefined;
  readonly headerPattern: string | undefined;
  readonly cookie: string | undefined;
  readonly weight: number;
  readonly weightTotal: number;
}

const MB = 1024 * 1024;

/** Without the prefix. */
export const NGINX_ANNOTATIONS: ReadonlySet<string> = new Set(
  (
    'rewrite-target use-regex app-root permanent-redirect permanent-redirect-code temporal-redirect ' +
    'ssl-redirect force-ssl-redirect preserve-trailing-slash proxy-connect-timeout proxy-read-timeout ' +
    'proxy-send-timeout proxy-next-upstream-tries proxy-body-size whitelist-source-range ' +
    'allowlist-source-range denylist-source-range affinity affinity-mode session-cookie-name ' +
    'limit-rps limit-rpm limit-burst-multiplier limit-whitelist limit-allowlist ' +
    'upstream-hash-by load-balance backend-protocol canary canary-by-header canary-by-header-value ' +
    'canary-by-header-pattern canary-by-cookie canary-weight canary-weight-total'
  ).split(' '),
);

export function readNginxAnnotations(ingress: Ingress): NginxAnnotations {
  const annotations = ingress.metadata.annotations ?? {};
  const text = (name: string): string | undefined => {
    const key = NGINX_PREFIX + name;
    return Object.hasOwn(annotations, key) ? annotations[key] : undefined;
  };
  const flag = (name: string, otherwise: boolean): boolean =>
    text(name) === undefined ? otherwise : text(name) === 'true';
  const number = (name: string, otherwise: number): number => {
    const value = Number(text(name) ?? '');
    return text(name) === undefined || !Number.isInteger(value) ? otherwise : value;
  };
  return {
    rewriteTarget: text('rewrite-target'),
    usesRegex: flag('use-regex', false),
    appRoot: text('app-root'),
    redirect: redirectOf(text, number),
    sslRedirect: flag('ssl-redirect', true),
    forceSslRedirect: flag('force-ssl-redirect', false),
    preservesTrailingSlash: flag('preserve-trailing-slash', false),
    connectTimeoutNs: number('proxy-connect-timeout', 5) * NS_PER_SEC,
    readTimeoutNs: number('proxy-read-timeout', 60) * NS_PER_SEC,
    tries: number('proxy-next-upstream-tries', 3),
    bodyBytesMax: sizeOf(text('proxy-body-size') ?? '1m'),
    allowed: sourceRange(text('allowlist-source-range') ?? text('whitelist-source-range')),
    denied: sourceRange(text('denylist-source-range')),
    limits: limitsOf(ingress, number, cidrList(text('limit-allowlist') ?? text('limit-whitelist'))),
    affinityCookie:
      text('affinity') === 'cookie' ? (text('session-cookie-name') ?? 'INGRESSCOOKIE') : undefined,
    hashBy: text('upstream-hash-by'),
    isLeastLoaded: text('load-balance') === 'ewma',
    canary:
      text('canary') === 'true'
        ? {
            header: text('canary-by-header'),
            headerValue: text('canary-by-header-value'),
            headerPattern: text('canary-by-header-pattern'),
            cookie: text('canary-by-cookie'),
            weight: number('canary-weight', 0),
            weightTotal: number('canary-weight-total', 100),
          }
        : undefined,
  };
}

/** Five times the rate may come at once (internal/ingress/annotations/ratelimit). */
function limitsOf(
  { metadata }: Ingress,
  number: (name: string, otherwise: number) => number,
  exempt: readonly Cidr[],
): readonly NginxLimit[] {
  const multiplier = number('limit-burst-multiplier', 5);
  const units = [
    ['rps', 1000],
    ['rpm', 1000 / 60],
  ] as const;
  return units.flatMap(([unit, scale]) => {
    const rate = number(`limit-${unit}`, 0);
    if (rate <= 0) return [];
    const zone = `${metadata.namespace ?? ''}_${metadata.name}_${metadata.uid ?? ''}_${unit}`;
    return [{ zone, rateMilli: Math.floor(rate * scale), burst: rate * multiplier, exempt }];
  });
}

function redirectOf(
  text: (name: string) => string | undefined,
  number: (name: string, otherwise: number) => number,
): NginxAnnotations['redirect'] {
  const temporal = text('temporal-redirect');
  if (temporal !== undefined) return { status: 302, url: temporal };
  const permanent = text('permanent-redirect');
  if (permanent === undefined) return undefined;
  return { status: number('permanent-redirect-code', 301), url: permanent };
}

/** `8m`, `512k`, `0`: nginx's sizes. */
function sizeOf(text: string): number {
  const found = /^(\d+)([kKmMgG]?)$/.exec(text.trim());
  if (found === null) return MB;
  const unit = { '': 1, k: 1024, m: MB, g: MB * 1024 }[(found[2] ?? '').toLowerCase()] ?? 1;
  return Number(found[1]) * unit;
}

/** Undefined when an item is no address or network: the location is then denied to all (ipallowlist/main.go). */
function sourceRange(text: string | undefined): readonly Cidr[] | undefined {
  const items = (text ?? '').split(',').filter((item) => item.trim() !== '');
  const found = cidrList(text);
  return found.length === items.length ? found : undefined;
}

function cidrList(text: string | undefined): Cidr[] {
  return (text ?? '').split(',').flatMap((part) => {
    const trimmed = part.trim();
    const ip = parseIp(trimmed);
    const found = parseCidr(ip === undefined ? trimmed : `${trimmed}/32`);
    return found === undefined ? [] : [found];
  });
}
