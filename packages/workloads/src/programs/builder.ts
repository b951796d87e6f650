/**
 * The programs of OpenShift's build pods and deployer pods: clone the source, prepare a Dockerfile, build the image and push it.
 *
 * They take the time that a small build takes and print what openshift/builder and buildah print; what they work on
 * stands in their environment (controllers, openshift/build-pod.ts). Not modelled: the traffic to the repository and to
 * the registry, and what the source does when it is compiled.
 */
import { NS_PER_SEC, Rng } from '@podwire/base';
import { type Proc, sleep } from '@podwire/engine';
import type { CommandContext } from '../context.ts';

/** How long the steps of a build take. */
const CLONE_NS = 2 * NS_PER_SEC;
const DOCKERFILE_NS = NS_PER_SEC;
const PULL_NS = 8 * NS_PER_SEC;
const ASSEMBLE_NS = 12 * NS_PER_SEC;
const PUSH_NS = 5 * NS_PER_SEC;
const DEPLOY_NS = 4 * NS_PER_SEC;

function value(ctx: CommandContext, name: string): string {
  return ctx.env.get(name) ?? '';
}

export function* gitClone(ctx: CommandContext): Proc<number> {
  ctx.out(`Cloning ${JSON.stringify(value(ctx, 'SOURCE_REPOSITORY'))} ...\n`);
  yield* sleep(CLONE_NS);
  ctx.out(`\tCommit:\t${value(ctx, 'SOURCE_COMMIT')}\n`);
  return 0;
}

export function* manageDockerfile(): Proc<number> {
  yield* sleep(DOCKERFILE_NS);
  return 0;
}

/** Source-to-image: the sources into the builder image, its script `assemble`, a new image. */
export function* stiBuild(ctx: CommandContext): Proc<number> {
  const base = value(ctx, 'BASE_IMAGE');
  start(ctx);
  yield* sleep(PULL_NS);
  const labels = [
    ['io.openshift.build.commit.id', value(ctx, 'SOURCE_COMMIT')],
    ['io.openshift.build.source-location', value(ctx, 'SOURCE_REPOSITORY')],
    ['io.openshift.build.source-context-dir', value(ctx, 'SOURCE_CONTEXT_DIR')],
    ['io.openshift.s2i.build.image', base],
  ].filter(([, text]) => text !== '');
  const [namespace = '', name = ''] = value(ctx, 'BUILD_NAME').split('/');
  const steps = [
    `FROM ${base}`,
    `LABEL ${labels.map(([key, text]) => `"${key ?? ''}"="${text ?? ''}"`).join('       ')}`,
    `ENV OPENSHIFT_BUILD_NAME="${name}"     OPENSHIFT_BUILD_NAMESPACE="${namespace}"     OPENSHIFT_BUILD_SOURCE="${value(ctx, 'SOURCE_REPOSITORY')}"`,
    'USER root',
    'COPY upload/src /tmp/src',
    'RUN chown -R 1001:0 /tmp/src',
    'USER 1001',
    'RUN /usr/libexec/s2i/assemble',
  ];
  for (const [index, step] of steps.entries()) ctx.out(`STEP ${index + 1}/9: ${step}\n`);
  ctx.out('---> Installing application source...\n');
  yield* sleep(ASSEMBLE_NS);
  ctx.out('STEP 9/9: CMD /usr/libexec/s2i/run\n');
  return yield* push(ctx);
}

export function* dockerBuild(ctx: CommandContext): Proc<number> {
  start(ctx);
  yield* sleep(PULL_NS);
  ctx.out(`STEP 1/1: FROM ${value(ctx, 'BASE_IMAGE')}\n`);
  yield* sleep(ASSEMBLE_NS);
  return yield* push(ctx);
}

function start(ctx: CommandContext): void {
  ctx.out(
    'Defaulting to storage driver "overlay" with options [mountopt=metacopy=on].\n' +
      'Caching blobs under "/var/cache/blobs".\n' +
      `Trying to pull ${value(ctx, 'BASE_IMAGE')}...\n` +
      'Getting image source signatures\n',
  );
  copyBlobs(ctx, value(ctx, 'BASE_IMAGE'));
}

function* push(ctx: CommandContext): Proc<number> {
  const output = value(ctx, 'OUTPUT_IMAGE');
  const digest = value(ctx, 'OUTPUT_DIGEST');
  const id = new Rng(`image id ${digest}`).uint32().toString(16).padStart(8, '0');
  const temporary = `temp.builder.openshift.io/${value(ctx, 'BUILD_NAME')}:${id}`;
  ctx.out(`COMMIT ${temporary}\nGetting image source signatures\n`);
  copyBlobs(ctx, digest);
  ctx.out(`--> ${id}\nSuccessfully tagged ${temporary}\n`);
  if (output === '') {
    ctx.out('Build complete, no image push requested\n');
    return 0;
  }
  ctx.out(`\nPushing image ${output} ...\nGetting image source signatures\n`);
  yield* sleep(PUSH_NS);
  copyBlobs(ctx, digest);
  const name = output.slice(0, output.lastIndexOf(':'));
  ctx.out(`Successfully pushed ${name}@${digest}\nPush successful\n`);
  return 0;
}

/** What a deployer pod prints; the scaling itself is its controller's. */
export function* deploy(ctx: CommandContext): Proc<number> {
  const name = value(ctx, 'OPENSHIFT_DEPLOYMENT_NAME');
  ctx.out(`--> Scaling ${name} to ${value(ctx, 'OPENSHIFT_DEPLOYMENT_REPLICAS')}\n`);
  yield* sleep(DEPLOY_NS);
  ctx.out('--> Success\n');
  return 0;
}

/** The lines of containers/image for a copy of a few layers. */
function copyBlobs(ctx: CommandContext, of: string): void {
  const rng = new Rng(`blobs ${of}`);
  const blob = (): string =>
    Array.from({ length: 8 }, () => rng.uint32().toString(16).padStart(8, '0')).join('');
  for (let count = 0; count < 3; count++) ctx.out(`Copying blob sha256:${blob()}\n`);
  ctx.out(`Copying config sha256:${blob()}\nWriting manifest to image destination\n`);
}
