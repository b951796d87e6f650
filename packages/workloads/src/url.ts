/**
 * URLs as curl and wget take them.
 */
export interface Url {
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
  /** Host as written, with the port if one was. */
  readonly authority: string;
  /** Path and query. */
  readonly target: string;
  readonly userInfo: string | undefined;
}

const DEFAULT_PORTS: ReadonlyMap<string, number> = new Map([
  ['http', 80],
  ['https', 443],
]);

/** Parses a URL; without a scheme it is http. A text tells what is wrong. */
export function parseUrl(text: string): Url | 'malformed' | 'bad-port' {
  const match =
    /^(?:([A-Za-z][A-Za-z0-9+.-]*):\/\/)?(?:([^@/?#]*)@)?(\[[0-9A-Fa-f:.%]+\]|[^/?#:]*)(?::([^/?#]*))?([/?][^#]*)?(?:#.*)?$/.exec(
      text,
    );
  const host = match?.[3] ?? '';
  if (match === null || host === '' || /[\s]/.test(text)) return 'malformed';
  const scheme = (match[1] ?? 'http').toLowerCase();
  const portText = match[4];
  if (portText !== undefined && portText !== '' && !/^\d{1,5}$/.test(portText)) return 'bad-port';
  const port =
    portText === undefined || portText === '' ? (DEFAULT_PORTS.get(scheme) ?? 0) : Number(portText);
  if (port > 65535) return 'bad-port';
  const rest = match[5] ?? '/';
  return {
    scheme,
    host: host.startsWith('[') ? host.slice(1, -1) : host,
    port,
    authority: portText === undefined || portText === '' ? host : `${host}:${portText}`,
    target: rest.startsWith('?') ? `/${rest}` : rest,
    userInfo: match[2],
  };
}

/** A redirect's Location against the URL that answered. */
export function resolveLocation(base: Url, location: string): string {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(location)) return location;
  const root = `${base.scheme}://${base.authority}`;
  if (location.startsWith('//')) return `${base.scheme}:${location}`;
  if (location.startsWith('/')) return `${root}${location}`;
  const path = base.target.split('?')[0] ?? '/';
  return `${root}${path.slice(0, path.lastIndexOf('/') + 1)}${location}`;
}
