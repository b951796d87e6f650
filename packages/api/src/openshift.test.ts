/**
 * OpenShift's kinds in the API server: views, generated builds, and what plain clusters do not serve.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rng } from '@podwire/base';
import type { ApiRequest, ApiResponse } from './request.ts';
import { messageOf } from './request.ts';
import { ApiServer } from './server.ts';
import { Store } from './store.ts';

function server(hasOpenShift = true): ApiServer {
  const origins = hasOpenShift ? (['openshift'] as const) : [];
  const rng = new Rng('openshift');
  return new ApiServer(new Store(rng), { clock: { nowNs: () => 0 }, rng, origins });
}

function post(api: ApiServer, resource: string, body: object, namespace?: string): ApiResponse {
  return api.handle({
    verb: 'create',
    resource,
    body,
    ...(namespace === undefined ? {} : { namespace }),
  });
}

const CONFIG = {
  metadata: { name: 'hello' },
  spec: {
    source: { git: { uri: 'https://git.example.org/hello.git' }, contextDir: 'app' },
    strategy: { sourceStrategy: { from: { name: 'php:8', namespace: 'openshift' } } },
    output: { to: { kind: 'ImageStreamTag', name: 'hello:latest' } },
    triggers: [{ type: 'ConfigChange' }, { type: 'ImageChange' }],
  },
};

function withStream(api: ApiServer): void {
  post(api, 'namespaces', { metadata: { name: 'openshift' } });
  const stream = {
    metadata: { name: 'php' },
    spec: { tags: [{ name: '8', from: { kind: 'DockerImage', name: 'example.org/php:8' } }] },
  };
  post(api, 'imagestreams', stream, 'openshift');
  const image = `sha256:${'a'.repeat(64)}`;
  post(api, 'images', { metadata: { name: image }, dockerImageReference: 'example.org/php' });
  const event = {
    created: '2026-01-01T00:00:00Z',
    dockerImageReference: `example.org/php@${image}`,
    image,
    generation: 1,
  };
  api.handle({
    verb: 'patch',
    resource: 'imagestreams',
    subresource: 'status',
    namespace: 'openshift',
    name: 'php',
    patchType: 'merge-patch',
    body: { status: { tags: [{ tag: '8', items: [event] }] } },
  });
}

test('a project is asked for, and is a namespace with annotations', () => {
  const api = server();
  const body = { metadata: { name: 'shop' }, displayName: 'The shop' };
  const made = post(api, 'projectrequests', body);
  assert.equal(made.code, 201);
  assert.equal(made.body.kind, 'Project');
  const namespace = api.handle({ verb: 'get', resource: 'namespaces', name: 'shop' }).body;
  assert.deepEqual('annotations' in namespace.metadata && namespace.metadata.annotations, {
    'openshift.io/description': '',
    'openshift.io/display-name': 'The shop',
    'openshift.io/requester': 'kube:admin',
  });
  const again = post(api, 'projectrequests', body);
  assert.equal(messageOf(again), 'project.project.openshift.io "shop" already exists');
  const missing = api.handle({ verb: 'get', resource: 'projects', name: 'none' });
  assert.equal(messageOf(missing), 'projects.project.openshift.io "none" not found');
  const listed = api.handle({ verb: 'list', resource: 'projects' }).body;
  assert.equal(listed.kind, 'ProjectList');
});

test('names of projects', () => {
  const api = server();
  const told = (name: string): string =>
    messageOf(post(api, 'projectrequests', { metadata: { name } }));
  assert.match(
    told('Shop'),
    /^ProjectRequest\.project\.openshift\.io "Shop" is invalid: metadata\.name: Invalid value/,
  );
  assert.match(told('x'), /must be at least 2 characters long/);
});

test('a plain cluster serves none of it', () => {
  const api = server(false);
  for (const resource of ['projects', 'buildconfigs', 'imagestreams', 'deploymentconfigs']) {
    const response = api.handle({ verb: 'list', resource });
    assert.equal(response.code, 404, resource);
    assert.equal(messageOf(response), 'the server could not find the requested resource');
  }
  assert.equal(api.handle({ verb: 'list', resource: 'replicationcontrollers' }).code, 200);
});

test('a build is made of its configuration and names the very image', () => {
  const api = server();
  withStream(api);
  assert.equal(post(api, 'buildconfigs', CONFIG, 'default').code, 201);
  const instantiate: ApiRequest = {
    verb: 'create',
    resource: 'buildconfigs',
    subresource: 'instantiate',
    namespace: 'default',
    name: 'hello',
    body: { triggeredBy: [{ message: 'Manually triggered' }] },
  };
  const first = api.handle(instantiate).body as unknown as {
    metadata: { name: string };
    spec: { strategy: { sourceStrategy: { from: object } }; serviceAccount: string };
    status: { phase: string };
  };
  assert.equal(first.metadata.name, 'hello-1');
  assert.equal(first.spec.serviceAccount, 'builder');
  assert.equal(first.status.phase, 'New');
  assert.deepEqual(first.spec.strategy.sourceStrategy.from, {
    kind: 'DockerImage',
    name: `example.org/php@sha256:${'a'.repeat(64)}`,
  });
  const revision = { type: 'Git', git: { commit: 'abcdef0' } };
  const second = api.handle({ ...instantiate, body: { revision } });
  const made = second.body as unknown as { spec: { revision: { git: { commit: string } } } };
  assert.equal(made.spec.revision.git.commit, 'abcdef0');
  assert.equal('name' in second.body.metadata && second.body.metadata.name, 'hello-2');
  const config = api.handle({
    verb: 'get',
    resource: 'buildconfigs',
    namespace: 'default',
    name: 'hello',
  });
  const { status } = config.body as unknown as { status: { lastVersion: number } };
  assert.equal(status.lastVersion, 2);
});

test('a build whose builder is unknown is refused', () => {
  const api = server();
  post(api, 'buildconfigs', CONFIG, 'default');
  const refused = api.handle({
    verb: 'create',
    resource: 'buildconfigs',
    subresource: 'instantiate',
    namespace: 'default',
    name: 'hello',
    body: {},
  });
  assert.equal(
    messageOf(refused),
    'Error resolving ImageStreamTag php:8 in namespace openshift: imagestreams.image.openshift.io "php" not found',
  );
});

test('a tag of a stream with its image', () => {
  const api = server();
  withStream(api);
  const tag = api.handle({
    verb: 'get',
    resource: 'imagestreamtags',
    namespace: 'openshift',
    name: 'php:8',
  });
  const { image } = tag.body as unknown as { image: { dockerImageReference: string } };
  assert.equal(image.dockerImageReference, `example.org/php@sha256:${'a'.repeat(64)}`);
  const missing = api.handle({
    verb: 'get',
    resource: 'imagestreamtags',
    namespace: 'openshift',
    name: 'php:9',
  });
  assert.equal(messageOf(missing), 'imagestreamtags.image.openshift.io "php:9" not found');
});

test('what validation says', () => {
  const api = server();
  const rows: readonly (readonly [string, object, string])[] = [
    [
      'buildconfigs',
      {
        metadata: { name: 'x' },
        spec: { ...CONFIG.spec, output: { to: { kind: 'ImageStreamTag', name: 'x' } } },
      },
      'BuildConfig.build.openshift.io "x" is invalid: spec.output.to.name: Invalid value: "x": ImageStreamTag object references must be in the form <name>:<tag>',
    ],
    [
      'imagestreams',
      {
        metadata: { name: 'x' },
        spec: { tags: [{ name: '1', from: { kind: 'Pod', name: 'y' } }] },
      },
      "ImageStream.image.openshift.io \"x\" is invalid: spec.tags[1].from.kind: Invalid value: \"Pod\": valid values are 'DockerImage', 'ImageStreamImage', 'ImageStreamTag'",
    ],
    [
      'replicationcontrollers',
      {
        metadata: { name: 'x' },
        spec: {
          selector: { app: 'a' },
          template: {
            metadata: { labels: { app: 'b' } },
            spec: { containers: [{ name: 'c', image: 'i' }] },
          },
        },
      },
      'ReplicationController "x" is invalid: spec.template.metadata.labels: Invalid value: {"app":"b"}: `selector` does not match template `labels`',
    ],
  ];
  for (const [resource, body, text] of rows) {
    assert.equal(messageOf(post(api, resource, body, 'default')), text);
  }
});
