/**
 * `kubectl create deployment|job|cronjob`.
 */
import type { KubeObject } from '@podwire/api';
import type { Rng } from '@podwire/base';
import type { Command } from '../command.ts';
import { type Failure, fail } from '../failure.ts';
import { arrayFlag, intFlag, textFlag } from '../flags.ts';
import type { Call, Session } from '../session.ts';
import { generated, objectOf } from './create-object.ts';

export const CREATE_WORKLOAD_COMMANDS: readonly Command[] = [
  generated({
    path: 'create deployment',
    aliases: ['create deploy'],
    noun: 'deployment',
    takesCommand: true,
    required: ['image'],
    flags: [
      { ...arrayFlag('image'), kind: 'list' },
      intFlag('replicas', 1, 'r'),
      intFlag('port', -1),
    ],
    build(session: Session, call: Call, name: string): KubeObject | Failure {
      const images = call.flags.list('image');
      const command = commandOf(call);
      if (images.length > 1 && command.length > 0) {
        return fail('cannot specify multiple --image options and command');
      }
      const port = call.flags.int('port');
      const rng = session.ctx.sim.rng('kubectl-create');
      const containers = images.map((image, index) => ({
        ...containerOf(nameOfImage(image, rng), image, command),
        ...(port > 0 && index === 0 ? { ports: [{ containerPort: port }] } : {}),
      }));
      const labels = { app: name };
      return objectOf('apps/v1', 'Deployment', {
        metadata: { labels, name },
        spec: {
          replicas: call.flags.int('replicas'),
          selector: { matchLabels: labels },
          strategy: {},
          template: { metadata: { labels }, spec: { containers } },
        },
        status: {},
      });
    },
  }),
  generated({
    path: 'create job',
    noun: 'job',
    takesCommand: true,
    flags: [textFlag('image'), textFlag('from')],
    build(_session: Session, call: Call, name: string): KubeObject | Failure {
      if (call.flags.text('from') !== '') return fail('create job --from is not modelled');
      const image = call.flags.text('image');
      if (image === '') return fail('either --image or --from must be specified');
      return objectOf('batch/v1', 'Job', {
        metadata: { name },
        spec: jobSpec(containerOf(name, image, commandOf(call)), 'Never'),
        status: {},
      });
    },
  }),
  generated({
    path: 'create cronjob',
    aliases: ['create cj'],
    noun: 'cronjob',
    takesCommand: true,
    required: ['image', 'schedule'],
    flags: [textFlag('image'), textFlag('schedule'), textFlag('restart')],
    build(_session: Session, call: Call, name: string): KubeObject {
      const { flags } = call;
      const container = containerOf(name, flags.text('image'), commandOf(call));
      return objectOf('batch/v1', 'CronJob', {
        metadata: { name },
        spec: {
          jobTemplate: {
            metadata: { name },
            spec: jobSpec(container, flags.text('restart') || 'OnFailure'),
          },
          schedule: flags.text('schedule'),
        },
        status: {},
      });
    },
  }),
];

function commandOf(call: Call): readonly string[] {
  return call.dashAt === undefined ? [] : call.args.slice(call.dashAt);
}

function containerOf(name: string, image: string, command: readonly string[]): object {
  return { ...(command.length === 0 ? {} : { command }), image, name, resources: {} };
}

function jobSpec(container: object, restartPolicy: string): object {
  return { template: { metadata: {}, spec: { containers: [container], restartPolicy } } };
}

const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** `registry.example.org/team/web:1.2` → `web`; one that is no name is changed, and made unique. */
function nameOfImage(image: string, rng: Rng): string {
  const name = image.slice(image.lastIndexOf('/') + 1).replace(/[@:].*$/, '');
  if (!/[_.]/.test(name)) return name;
  const suffix = Array.from(
    { length: 5 },
    () => SUFFIX_ALPHABET[rng.below(SUFFIX_ALPHABET.length)],
  );
  return `${name.replaceAll(/[_.]/g, '-')}-${suffix.join('')}`;
}
