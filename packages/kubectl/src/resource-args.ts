/**
 * `TYPE NAME…`, `TYPE/NAME…`, `TYPE,TYPE`: which objects a command line means (cli-runtime resource.Builder).
 */
import { type KindInfo, SCHEME, qualifiedResource } from '@podwire/api';
import { suggest } from '@podwire/base';
import { type Failure, fail } from './failure.ts';

/** One kind with the names asked for; no names: all that a selector matches. */
export interface Target {
  readonly info: KindInfo;
  readonly names: readonly string[];
}

export interface Targets {
  readonly targets: readonly Target[];
  /** `TYPE/NAME` in the order given, where names of different kinds may alternate. */
  readonly isTuple: boolean;
  /** One object of one kind, by name: it is printed as itself, not as a list. */
  readonly isSingle: boolean;
}

/** What `parseTargets` says when there are no arguments. */
export const NO_RESOURCES = `You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'`;

export function parseTargets(args: readonly string[]): Targets | Failure {
  if (args.length === 0) return fail(NO_RESOURCES);
  if (args.some((arg) => arg.includes('/'))) return parseTuples(args);
  const kinds = parseKinds(args[0] ?? '');
  if ('isFailure' in kinds) return kinds;
  const names = args.slice(1);
  if (names.includes('')) return fail('resource name may not be empty');
  return {
    targets: kinds.kinds.map((info) => ({ info, names })),
    isTuple: false,
    isSingle: kinds.kinds.length === 1 && names.length === 1,
  };
}

function parseTuples(args: readonly string[]): Targets | Failure {
  const words: (readonly [type: string, name: string])[] = [];
  for (const arg of args) {
    const parts = arg.split('/');
    if (parts.length === 1) {
      return fail(
        "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'",
      );
    }
    if (parts.length > 2) {
      return fail('arguments in resource/name form may not have more than one slash');
    }
    const [type = '', name = ''] = parts;
    if (type === '' || name === '' || type.split(',').length !== 1) {
      return fail('arguments in resource/name form must have a single resource and name');
    }
    words.push([type, name]);
  }
  const targets: Target[] = [];
  for (const [type, name] of words) {
    const info = SCHEME.find(type);
    if (info === undefined) return noSuchType(type);
    targets.push({ info, names: [name] });
  }
  return { targets, isTuple: true, isSingle: targets.length === 1 };
}

/** `pods,svc`, `all`. */
export function parseKinds(text: string): { readonly kinds: readonly KindInfo[] } | Failure {
  const kinds: KindInfo[] = [];
  for (const word of text.split(',')) {
    if (word === '') return fail('arguments must consist of a resource and a name');
    const category = SCHEME.category(word);
    if (category.length > 0) {
      for (const info of inGetAllOrder(category)) if (!kinds.includes(info)) kinds.push(info);
      continue;
    }
    const info = SCHEME.find(word);
    if (info === undefined) return noSuchType(word);
    if (!kinds.includes(info)) kinds.push(info);
  }
  return { kinds };
}

/** As `kubectl get all` lists them, by discovery's order of groups and resources. */
const GET_ALL_ORDER = [
  'pods',
  'replicationcontrollers',
  'services',
  'daemonsets.apps',
  'deployments.apps',
  'replicasets.apps',
  'statefulsets.apps',
  'horizontalpodautoscalers.autoscaling',
  'cronjobs.batch',
  'jobs.batch',
  'deploymentconfigs.apps.openshift.io',
  'buildconfigs.build.openshift.io',
  'builds.build.openshift.io',
  'imagestreams.image.openshift.io',
  'routes.route.openshift.io',
];

function inGetAllOrder(kinds: readonly KindInfo[]): KindInfo[] {
  const rank = (info: KindInfo): number => {
    const index = GET_ALL_ORDER.indexOf(qualifiedResource(info));
    return index < 0 ? GET_ALL_ORDER.length : index;
  };
  return [...kinds].sort((a, b) => rank(a) - rank(b));
}

export function noSuchType(word: string): Failure {
  return fail(`the server doesn't have a resource type ${JSON.stringify(word)}`);
}

/** A near miss among the words for kinds, for the static check. */
export function suggestType(word: string): string | undefined {
  const words = SCHEME.kinds.flatMap((info) => [info.plural, info.singular, ...info.shortNames]);
  return suggest(word, words);
}
