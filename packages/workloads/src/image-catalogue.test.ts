/**
 * The catalogue: what a reference finds, and that everything in it exists.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalImageName, parseImageReference } from '@podwire/base';
import { COMMANDS } from './commands.ts';
import { commandsOf, findImage, imageNames } from './image-catalogue.ts';
import { imageInfo } from './image-info.ts';

test('references', () => {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['nginx', 'docker.io/library/nginx:latest'],
    ['nginx:1.25', 'docker.io/library/nginx:1.25'],
    ['hashicorp/http-echo', 'docker.io/hashicorp/http-echo:latest'],
    [
      'registry.k8s.io/e2e-test-images/agnhost:2.53',
      'registry.k8s.io/e2e-test-images/agnhost:2.53',
    ],
    ['localhost:5000/a/b', 'localhost:5000/a/b:latest'],
    [`busybox@sha256:${'0'.repeat(64)}`, `docker.io/library/busybox@sha256:${'0'.repeat(64)}`],
    ['Nginx', undefined],
    ['nginx:', undefined],
    ['', undefined],
    ['a//b', undefined],
    ['A/b', 'A/b:latest'],
    ['a/B', undefined],
    ['a-/b', undefined],
    ['a:b:c', undefined],
    ['localhost:x/y', undefined],
    ['example.org:/y', undefined],
    ['-a.org/y', undefined],
    ['a.:.b/y', undefined],
  ];
  for (const [text, name] of rows) {
    const reference = parseImageReference(text);
    assert.equal(reference === undefined ? undefined : canonicalImageName(reference), name, text);
  }
});

test('images and versions', () => {
  const rows: readonly (readonly [string, string, string])[] = [
    ['nginx', 'nginx', '1.29.3'],
    ['nginx:1.14.2', 'nginx', '1.14.2'],
    ['nginx:1.25-alpine', 'nginx', '1.25.5'],
    ['mirror.example.org/x/nginx:1.27', 'nginx', '1.27.5'],
    ['registry.access.redhat.com/ubi9/httpd-24', 'httpd-24', '2.4.57'],
    ['curlimages/curl:8.1.2', 'curl', '8.1.2'],
    ['example.org/shop', 'unknown', ''],
  ];
  for (const [text, name, version] of rows) {
    const found = findImage(text);
    assert.deepEqual([found?.image.name, found?.version], [name, version], text);
    assert.equal(found?.isKnown, name !== 'unknown');
  }
  assert.equal(findImage('nginx:1.25-alpine')?.image.libc, 'musl');
  assert.equal(findImage('nginx:1.25')?.image.libc, 'glibc');
});

test('a tag that was never published cannot be pulled', () => {
  assert.equal(
    imageInfo('nginx:1.161').pullError,
    'failed to pull and unpack image "docker.io/library/nginx:1.161": failed to resolve reference "docker.io/library/nginx:1.161": docker.io/library/nginx:1.161: not found',
  );
  assert.equal(imageInfo('nginx:1.16.1').pullError, undefined);
  assert.match(imageInfo('UPPER').pullError ?? '', /invalid reference format/);
});

test('every command and main program of every image exists', () => {
  for (const name of imageNames()) {
    const image = findImage(name)?.image;
    assert.ok(image !== undefined, name);
    const commands = commandsOf(image);
    for (const command of commands) assert.ok(COMMANDS.has(command), `${name}: ${command}`);
    const main = [...image.entrypoint, ...image.cmd][0];
    if (main === undefined) continue;
    assert.ok(commands.has(main.slice(main.lastIndexOf('/') + 1)), `${name}: ${main}`);
  }
});

test('property: any text is a reference or undefined', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const reference = parseImageReference(text);
      if (reference !== undefined) assert.ok(reference.repository.length > 0);
    }),
  );
});
