/**
 * Defaults of the kinds that need but a line or two.
 */
import { type Draft, ensure, items, setDefault, text } from '../draft.ts';

/** The controller that fills `kubernetes` in is the namespace's own finaliser. */
export function defaultNamespace(namespace: Draft): void {
  const metadata = ensure(namespace, 'metadata');
  const name = text(metadata, 'name');
  if (name === '') return;
  const labels = ensure(metadata, 'labels');
  if (labels['kubernetes.io/metadata.name'] === name || Object.isFrozen(labels)) {
    if (labels['kubernetes.io/metadata.name'] !== name) {
      metadata['labels'] = { ...labels, 'kubernetes.io/metadata.name': name };
    }
    return;
  }
  labels['kubernetes.io/metadata.name'] = name;
}

export function defaultNode(node: Draft): void {
  const status = ensure(node, 'status');
  const capacity = status['capacity'];
  if (capacity !== undefined) setDefault(status, 'allocatable', capacity);
}

export function defaultSecret(secret: Draft): void {
  setDefault(secret, 'type', 'Opaque');
  const plain = secret['stringData'];
  if (typeof plain !== 'object' || plain === null) return;
  const data: Record<string, string> = {
    ...(secret['data'] as Record<string, string> | undefined),
  };
  for (const [key, value] of Object.entries(plain)) data[key] = base64(String(value));
  secret['data'] = data;
  delete secret['stringData'];
}

export function defaultEndpoints(endpoints: Draft): void {
  for (const subset of items(endpoints, 'subsets')) {
    for (const port of items(subset, 'ports')) setDefault(port, 'protocol', 'TCP');
  }
}

export function defaultEndpointSlice(slice: Draft): void {
  for (const port of items(slice, 'ports')) {
    setDefault(port, 'name', '');
    setDefault(port, 'protocol', 'TCP');
  }
}

export function defaultPriorityClass(priorityClass: Draft): void {
  setDefault(priorityClass, 'preemptionPolicy', 'PreemptLowerPriority');
}

export function defaultClaim(claim: Draft): void {
  setDefault(ensure(claim, 'status'), 'phase', 'Pending');
  setDefault(ensure(claim, 'spec'), 'volumeMode', 'Filesystem');
}

export function defaultVolume(volume: Draft): void {
  setDefault(ensure(volume, 'status'), 'phase', 'Pending');
  const spec = ensure(volume, 'spec');
  setDefault(spec, 'persistentVolumeReclaimPolicy', 'Retain');
  setDefault(spec, 'volumeMode', 'Filesystem');
}

export function defaultStorageClass(storageClass: Draft): void {
  setDefault(storageClass, 'reclaimPolicy', 'Delete');
  setDefault(storageClass, 'volumeBindingMode', 'Immediate');
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Standard base64 of the text in UTF-8. */
export function base64(value: string): string {
  const bytes = utf8(value);
  let out = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const chunk = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    out += BASE64[chunk >>> 18];
    out += BASE64[(chunk >>> 12) & 63];
    out += at + 1 < bytes.length ? BASE64[(chunk >>> 6) & 63] : '=';
    out += at + 2 < bytes.length ? BASE64[chunk & 63] : '=';
  }
  return out;
}

function utf8(value: string): number[] {
  const bytes: number[] = [];
  for (const char of value) {
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code < 0x10000) {
      bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    } else {
      bytes.push(
        0xf0 | (code >> 18),
        0x80 | ((code >> 12) & 63),
        0x80 | ((code >> 6) & 63),
        0x80 | (code & 63),
      );
    }
  }
  return bytes;
}
