/**
 * `oc new-app`: an application from a repository and a builder image, or from an image alone.
 *
 * Copies openshift/oc pkg/cli/newapp and pkg/helpers/newapp. Not modelled: templates, Dockerfiles in repositories, and
 * looking into a repository for its language: the builder image must be named.
 */
import {
  type EnvVar,
  type ImageMetadata,
  type KubeObject,
  SCHEME,
  isOk,
  qualifiedResource,
} from '@podwire/api';
import type { Proc } from '@podwire/engine';
import type { Command } from '../command.ts';
import { DRY_RUN_FLAG, PRINT_FLAGS } from '../command.ts';
import { sinceInWords } from '../docker-duration.ts';
import { type Failure, fail, failVerbatim, failureOf, isFailure } from '../failure.ts';
import { arrayFlag, boolFlag, listFlag, textFlag } from '../flags.ts';
import { listOf, outputOf, printStructured } from '../output.ts';
import { type Call, type Session, dryRunOf, kindName, scope } from '../session.ts';
import { parsePairs } from '../verbs/expose.ts';
import { type FoundStreamTag, noMatch, searchStreams } from './image-search.ts';
import {
  type AppPlan,
  type AppPort,
  type ImagePlan,
  type SourcePlan,
  objectsOf,
} from './new-app-objects.ts';

const NO_INPUT = `You must specify one or more images, image streams, templates, or source code locations to create an application.

To list all local templates and image streams, use:

  oc new-app -L

To search templates, image streams, and container images that match the arguments provided, use:

  oc new-app -S php
  oc new-app -S --template=rails
  oc new-app -S --image-stream=mysql
  oc new-app -S --image=registry.access.redhat.com/ubi8/python-38

For details on how to use the results from those searches to provide images, image streams, templates, or source code locations as inputs into 'oc new-app', use:

  oc help new-app

`;

export const newAppCommand: Command = {
  path: 'new-app',
  flags: [
    ...PRINT_FLAGS.filter(({ name }) => name !== 'template'),
    DRY_RUN_FLAG,
    boolFlag('as-deployment-config'),
    listFlag('code'),
    textFlag('context-dir'),
    listFlag('image-stream', 'i'),
    listFlag('image'),
    listFlag('docker-image'),
    arrayFlag('env', 'e'),
    arrayFlag('build-env'),
    textFlag('name'),
    textFlag('strategy'),
    textFlag('labels', 'l'),
    textFlag('source-secret'),
    boolFlag('allow-missing-images'),
    boolFlag('allow-missing-imagestream-tags'),
    boolFlag('insecure-registry'),
    boolFlag('grant-install-rights'),
    boolFlag('no-install'),
    { ...listFlag('template'), refusal: 'templates are not modelled' },
    { ...listFlag('file', 'f'), refusal: 'templates are not modelled' },
    { ...arrayFlag('param', 'p'), refusal: 'templates are not modelled' },
    { ...boolFlag('list', 'L'), refusal: '--list is not modelled; use oc get is -n openshift' },
    { ...boolFlag('search', 'S'), refusal: '--search is not modelled; use oc get is -n openshift' },
    { ...boolFlag('binary'), refusal: '--binary is not modelled' },
  ],
  check(call: Call): Failure | undefined {
    const inputs = inputsOf(call);
    if (isFailure(inputs)) return inputs;
    if (inputs.images.length + inputs.sources.length === 0) {
      return fail(`${NO_INPUT}\nSee 'oc new-app -h' for help and examples`);
    }
    if (inputs.images.length > 1 || inputs.sources.length > 1) {
      return fail(
        'podwire makes one application a call: name one image and at most one repository',
      );
    }
    const strategy = call.flags.text('strategy');
    if (!['', 'source'].includes(strategy)) {
      return fail(
        ['docker', 'pipeline'].includes(strategy)
          ? `--strategy=${strategy} is not modelled; use source`
          : `invalid strategy: ${strategy}. Must be 'docker', 'pipeline' or 'source'.`,
      );
    }
    const output = outputOf(call.flags);
    return isFailure(output) ? output : undefined;
  },
  *run(session: Session, call: Call): Proc<number> {
    const inputs = inputsOf(call);
    if (isFailure(inputs)) return session.failed(inputs);
    const dryRun = dryRunOf(call.flags);
    if (isFailure(dryRun)) return session.failed(dryRun);
    const output = outputOf(call.flags);
    if (isFailure(output)) return session.failed(output);
    const located = yield* locate(session, inputs);
    if (isFailure(located)) return session.failed(located);
    const plan = planOf(session, call, inputs, located);
    if (isFailure(plan)) return session.failed(plan);
    const objects = objectsOf(plan);
    if (output.kind === 'yaml' || output.kind === 'json') {
      const text = printStructured(output, listOf(objects));
      if (isFailure(text)) return session.failed(text);
      session.out(text);
      return 0;
    }
    session.out(describePlan(session, plan, inputs));
    const labels = call.flags.text('labels');
    session.out(
      `--> Creating resources ${labels === '' ? '' : `with label ${labels} `}${dryRun === 'none' ? '' : '(dry run) '}...\n`,
    );
    return yield* createAll(session, plan, objects, dryRun !== 'none');
  },
};

interface Inputs {
  /** As given, with what they were given as. */
  readonly images: readonly { readonly text: string; readonly as: 'stream' | 'image' | 'any' }[];
  readonly sources: readonly string[];
  readonly env: readonly EnvVar[];
}

function inputsOf({ flags, args }: Call): Inputs | Failure {
  const images: { text: string; as: 'stream' | 'image' | 'any' }[] = [
    ...flags.list('image-stream').map((text) => ({ text, as: 'stream' as const })),
    ...[...flags.list('image'), ...flags.list('docker-image')].map((text) => ({
      text,
      as: 'image' as const,
    })),
  ];
  const sources = [...flags.list('code')];
  const pairs = [...flags.list('env')];
  for (const arg of args) {
    const tilde = arg.indexOf('~');
    if (isRepository(arg)) sources.push(arg);
    else if (tilde > 0) {
      images.push({ text: arg.slice(0, tilde), as: 'any' });
      sources.push(arg.slice(tilde + 1));
    } else if (/^[A-Za-z_][\w.-]*=/.test(arg)) pairs.push(arg);
    else images.push({ text: arg, as: 'any' });
  }
  const env: EnvVar[] = [];
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals < 1) return fail(`invalid parameter assignment in "env": ${JSON.stringify(pair)}`);
    env.push({ name: pair.slice(0, equals), value: pair.slice(equals + 1) });
  }
  return { images, sources, env };
}

function isRepository(text: string): boolean {
  return /^(?:https?|git|ssh|file):\/\//.test(text) || /^[\w.-]+@[\w.-]+:/.test(text);
}

function* locate(session: Session, inputs: Inputs): Proc<ImagePlan | Failure> {
  const [wanted] = inputs.images;
  if (wanted === undefined) {
    return fail(
      `podwire does not look into ${inputs.sources[0] ?? 'the repository'} to find its language: name the builder image, as in php:8.2-ubi9~URL or -i php:8.2-ubi9`,
    );
  }
  const { text, as } = wanted;
  if (as !== 'image') {
    const found = yield* searchStreams(session, text);
    if (found !== undefined) {
      return isFailure(found) ? found : { kind: 'stream', found, ports: portsOf(found.metadata) };
    }
    if (as === 'stream') return noMatch(text, 'images in image streams');
  }
  const metadata = session.ctx.lookUpImage?.(text);
  if (metadata !== undefined)
    return { kind: 'registry', reference: text, ports: portsOf(metadata) };
  return as === 'image'
    ? noMatch(text, 'local docker images')
    : noMatch(
        text,
        'images in image streams, templates loaded in accessible projects, template files, local docker images',
      );
}

/** EXPOSE, by number (`8080/tcp`). */
function portsOf(metadata: ImageMetadata | undefined): AppPort[] {
  const ports = Object.keys(metadata?.Config?.ExposedPorts ?? {}).flatMap((text) => {
    const [port = '', protocol = 'tcp'] = text.split('/');
    return /^\d+$/.test(port)
      ? [{ port: Number(port), protocol: protocol === 'udp' ? ('UDP' as const) : ('TCP' as const) }]
      : [];
  });
  return ports.toSorted((a, b) => a.port - b.port);
}

const NAME_RULE = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

function planOf(session: Session, call: Call, inputs: Inputs, image: ImagePlan): AppPlan | Failure {
  const { flags } = call;
  const source = sourceOf(call, inputs.sources[0]);
  const name = flags.text('name') || suggestName(source, image);
  if (!NAME_RULE.test(name) || name.length > 58) {
    return fail(
      `invalid name: ${name}. Must be an a lower case alphanumeric ([a-z0-9]) string with a maximum length of 58 characters, where the first character is a letter (a-z), and the '-' character is allowed anywhere except the first or last character.`,
    );
  }
  const rng = session.ctx.sim.rng('oc-new-app');
  const secret = (): string =>
    Array.from({ length: 20 }, () => SECRET_LETTERS[rng.below(SECRET_LETTERS.length)]).join('');
  const labels = flags.text('labels');
  const streamGiven = inputs.images[0]?.as === 'stream' && image.kind === 'stream';
  return {
    name,
    namespace: session.namespace,
    source,
    image,
    env: inputs.env,
    buildEnv: flags.list('build-env').flatMap((pair) => {
      const equals = pair.indexOf('=');
      return equals < 1 ? [] : [{ name: pair.slice(0, equals), value: pair.slice(equals + 1) }];
    }),
    labels: labels === '' ? undefined : parsePairs(labels),
    streamName: streamGiven ? image.found.stream.metadata.name : undefined,
    asDeploymentConfig: flags.bool('as-deployment-config'),
    secrets: [secret(), secret()],
  };
}

const SECRET_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

function sourceOf(call: Call, text: string | undefined): SourcePlan | undefined {
  if (text === undefined) return undefined;
  const hash = text.indexOf('#');
  return {
    uri: hash < 0 ? text : text.slice(0, hash),
    ref: hash < 0 ? '' : text.slice(hash + 1),
    contextDir: call.flags.text('context-dir'),
    secret: call.flags.text('source-secret'),
  };
}

function suggestName(source: SourcePlan | undefined, image: ImagePlan): string {
  if (source !== undefined) {
    return (source.uri.split('/').at(-1) ?? '').replace(/\.git$/, '').toLowerCase();
  }
  if (image.kind === 'stream') return image.found.stream.metadata.name;
  const last = image.reference.slice(image.reference.lastIndexOf('/') + 1);
  return last.replace(/[@:].*$/, '').replaceAll(/[._]/g, '-');
}

/** What was found and what will be made of it, as people read it. */
function describePlan(session: Session, plan: AppPlan, inputs: Inputs): string {
  const given = inputs.images[0]?.text ?? '';
  let text = '';
  if (plan.image.kind === 'stream') {
    const { found } = plan.image;
    text += `--> ${foundLine(session, found, given)}\n\n`;
    const labels = found.metadata?.Config?.Labels ?? {};
    const title = labels['io.k8s.display-name'] ?? '';
    if (title !== '') text += `    ${title} \n    ${'-'.repeat(title.length)} \n`;
    const about = labels['io.k8s.description'] ?? '';
    if (about !== '') text += `    ${about}\n\n`;
    const tags = labels['io.openshift.tags'] ?? '';
    if (tags !== '') text += `    Tags: ${tags.split(',').join(', ')}\n\n`;
  } else {
    const registry = plan.image.reference.includes('/') ? plan.image.reference.split('/')[0] : '';
    const from = registry?.includes('.') === true ? registry : 'Docker Hub';
    text += `--> Found container image from ${from} for ${JSON.stringify(given)}\n\n`;
    text += `    * An image stream tag will be created as ${JSON.stringify(`${plan.name}:latest`)} that will track this image\n`;
  }
  const { source } = plan;
  if (source !== undefined) {
    const at = source.ref === '' ? source.uri : `${source.uri}#${source.ref}`;
    text += `    * A source build using source code from ${at} will be created\n`;
    text += `      * The resulting image will be pushed to image stream tag ${JSON.stringify(`${plan.name}:latest`)}\n`;
    text += "      * Use 'oc start-build' to trigger a new build\n";
  }
  if (plan.image.ports.length === 0) {
    text +=
      '    * The image does not expose any ports - if you want to load balance or send traffic to this component\n';
    text += `      you will need to create a service with 'oc expose ${plan.asDeploymentConfig ? 'dc' : 'deployment'}/${plan.name} --port=[port]' later\n`;
  }
  return `${text}\n`;
}

function foundLine(session: Session, found: FoundStreamTag, given: string): string {
  const short = found.image.replace(/^sha256:/, '').slice(0, 7);
  const age = sinceInWords(found.metadata?.Created, session.nowNs());
  const { namespace = '', name } = found.stream.metadata;
  return `Found image ${short}${age === '' ? '' : ` (${age} old)`} in image stream ${JSON.stringify(`${namespace}/${name}`)} under tag ${JSON.stringify(found.tag)} for ${JSON.stringify(given)}`;
}

function* createAll(
  session: Session,
  plan: AppPlan,
  objects: readonly KubeObject[],
  isDryRun: boolean,
): Proc<number> {
  let hasFailed = false;
  for (const object of objects) {
    const info = SCHEME.byKind(object.apiVersion, object.kind);
    if (info === undefined) return session.failed(failVerbatim(`no kind ${object.kind}`));
    const response = yield* session.request({
      verb: 'create',
      resource: qualifiedResource(info),
      ...scope(info, plan.namespace),
      body: object,
      query: isDryRun ? { dryRun: 'All' } : {},
    });
    if (isOk(response)) {
      session.out(
        `    ${kindName(info)} ${JSON.stringify(object.metadata.name)} created${isDryRun ? ' (dry run)' : ''}\n`,
      );
      continue;
    }
    hasFailed = true;
    session.err(`    error: ${failureOf(response).message}\n`);
  }
  if (hasFailed) {
    session.out('--> Failed\n');
    return 1;
  }
  session.out(`--> Success${isDryRun ? ' (dry run)' : ''}\n`);
  if (!isDryRun) session.out(nextSteps(plan));
  return 0;
}

function nextSteps(plan: AppPlan): string {
  let text = '';
  if (plan.source !== undefined) {
    text += `    Build scheduled, use 'oc logs -f buildconfig/${plan.name}' to track its progress.\n`;
  }
  if (plan.image.ports.length > 0) {
    text +=
      '    Application is not exposed. You can expose services to the outside world by executing one or more of the commands below:\n' +
      `     'oc expose service/${plan.name}' \n`;
  }
  return `${text}    Run 'oc status' to view your app.\n`;
}
