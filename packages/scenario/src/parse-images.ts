/**
 * The scenario's `images` and `sources`: what containers do that no image of the catalogue does.
 */
import { parseImageReference } from '@podwire/base';
import {
  type ScenarioAnswer,
  type ScenarioCall,
  type ScenarioFailure,
  type ScenarioImage,
  type SourceApp,
} from '@podwire/workloads';
import { type Field, compact, oneOf } from './field.ts';
import { parseRatioPpm, parseSize } from './quantities.ts';

/** The scenario's own images, as plain data in the form that `workloads` runs. */
export function parseImages(field: Field): readonly ScenarioImage[] {
  const names = new Set<string>();
  return field.items.flatMap((item) => {
    const name = item.get('name').text;
    if (name === undefined) return [];
    if (names.has(name)) {
      item.get('name').add({ code: 'PW3001', message: `two images are called ${name}` });
    }
    names.add(name);
    if (parseImageReference(name) === undefined) {
      item.get('name').add({
        code: 'PW3001',
        message: `${JSON.stringify(name)} is not the name of an image`,
        hint: 'write [REGISTRY/]REPOSITORY[:TAG] in lower case, such as example.org/shop/front:1',
      });
    }
    const exitAfterNs = item.get('exitAfter').durationNs;
    const onTerm = oneOf(item.get('onTerm'), ['exit', 'ignore']);
    return [
      compact<ScenarioImage>({
        name,
        ports: parseImagePorts(item.get('ports')),
        answers: item.has('answers') ? item.get('answers').items.flatMap(readAnswer) : undefined,
        failures: item.has('failures')
          ? item.get('failures').items.flatMap(readFailure)
          : undefined,
        calls: item.has('calls') ? item.get('calls').items.flatMap(readCall) : undefined,
        areCallsParallel: item.get('parallel').boolean,
        sizeBytes: sizeOf(item.get('size')),
        startupNs: item.get('startup').durationNs,
        onTerm: exitAfterNs === undefined ? onTerm : { exitAfterNs },
      }),
    ];
  });
}

/** What applications answer that builds find in repositories. */
export function parseSources(field: Field): readonly SourceApp[] {
  const seen = new Set<string>();
  return field.items.flatMap((item) => {
    const git = item.get('git').text;
    const body = item.get('body').text;
    if (git === undefined || body === undefined) return [];
    const contextDir = item.get('contextDir').text ?? '';
    if (seen.has(`${git} ${contextDir}`)) {
      const where = contextDir === '' ? '' : ` in ${contextDir}`;
      item.get('git').add({ code: 'PW3001', message: `two sources are ${git}${where}` });
    }
    seen.add(`${git} ${contextDir}`);
    return [compact<SourceApp>({ git, contextDir: item.get('contextDir').text, body })];
  });
}

function parseImagePorts(field: Field): ScenarioImage['ports'] {
  if (!field.exists) return undefined;
  return field.items.flatMap((item) => {
    const port = item.number ?? item.get('port').number;
    if (port === undefined) return [];
    const protocol = oneOf(item.get('protocol'), ['TCP', 'UDP']) ?? 'TCP';
    const name = item.get('name').text;
    return [{ port, protocol, ...(name === undefined ? {} : { name }) }];
  });
}

function readAnswer(item: Field): NonNullable<ScenarioImage['answers']>[number][] {
  const path = item.get('path').text;
  if (path === undefined) return [];
  const headers = item.get('headers');
  const answer = compact<ScenarioAnswer>({
    status: item.get('status').number,
    headers: headers.isMap
      ? headers.entries.map(([key, value]) => [key, value.anyText ?? ''] as const)
      : undefined,
    body: item.get('body').text,
    bodyBytes: sizeOf(item.get('bodySize')),
    delayNs: item.get('delay').durationNs,
    delayJitterNs: item.get('jitter').durationNs,
  });
  return [{ path, answer }];
}

function readFailure(item: Field): ScenarioFailure[] {
  const kind = oneOf(item.get('kind'), ['status', 'reset', 'empty', 'truncate', 'hang']);
  const ratio = item.get('ratio').textOrNumber;
  const ratioPpm = ratio === undefined ? undefined : parseRatioPpm(ratio);
  if (kind === undefined || ratioPpm === undefined) return [];
  return [compact<ScenarioFailure>({ kind, ratioPpm, status: item.get('status').number })];
}

function readCall(item: Field): ScenarioCall[] {
  const url = item.text ?? item.get('url').text;
  if (url === undefined) return [];
  if (!/^http:\/\/[^/\s]+/.test(url)) {
    const at = item.isText ? item : item.get('url');
    at.add({ code: 'PW3001', message: `"${url}" is not an http:// address` });
  }
  return [
    compact<ScenarioCall>({
      url,
      method: item.get('method').text,
      timeoutNs: item.get('timeout').durationNs,
      isRequired: item.get('required').boolean,
    }),
  ];
}

function sizeOf(field: Field): number | undefined {
  const value = field.textOrNumber;
  return value === undefined ? undefined : parseSize(value);
}
