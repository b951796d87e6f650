/**
 * `oc set route-backends ROUTE [--zero|--equal] [--adjust] SERVICE=WEIGHT[%] …`: which Services a Route sends to, and how
 * much to each.
 *
 * Copies openshift/oc pkg/cli/set/routebackends.go: the shares of --adjust are counted in 32-bit floats and cut, as there.
 */
import type { Route, RouteTarget } from '@podwire/api';
import type { Proc } from '@podwire/engine';
import {
  type Command,
  DRY_RUN_FLAG,
  FIELD_MANAGER_FLAG,
  FILENAME_FLAGS,
  PRINT_FLAGS,
  SELECTOR_FLAG,
} from '../command.ts';
import { type Failure, fail, isFailure } from '../failure.ts';
import { boolFlag } from '../flags.ts';
import type { Json } from '../json-value.ts';
import type { Call, Session } from '../session.ts';
import { DESCRIBE_TABS, alignTabs } from '../tabwriter.ts';
import { lookUp } from '../verbs/lookup.ts';
import { modifyAll } from '../verbs/modify.ts';

export const routeBackendsCommand: Command = {
  path: 'set route-backends',
  flags: [
    ...PRINT_FLAGS,
    ...FILENAME_FLAGS,
    SELECTOR_FLAG,
    DRY_RUN_FLAG,
    FIELD_MANAGER_FLAG,
    boolFlag('all'),
    boolFlag('local'),
    boolFlag('adjust'),
    boolFlag('zero'),
    boolFlag('equal'),
  ],
  check(call: Call): Failure | undefined {
    const change = changeOf(call);
    return isFailure(change) ? change : undefined;
  },
  *run(session: Session, call: Call): Proc<number> {
    const change = changeOf(call);
    if (isFailure(change)) return session.failed(change);
    const { routes } = change;
    const args = routes.length === 0 ? ['routes'] : routes.map((name) => `routes/${name}`);
    if (change.kind === 'print') {
      const looked = yield* lookUp(session, {
        args,
        flags: call.flags,
        isAllByDefault: true,
        isAll: call.flags.bool('all'),
      });
      if (isFailure(looked)) return session.failed(looked);
      session.out(table(looked.found.map(({ object }) => object as Route)));
      return looked.failures.length === 0 ? 0 : session.failed(...looked.failures);
    }
    return yield* modifyAll(session, call, {
      args,
      isAll: routes.length === 0 || call.flags.bool('all'),
      fieldManager: 'kubectl-set',
      change({ object }) {
        const before = backendsOf(object as Route);
        const after = changed(change, before);
        if (isFailure(after)) {
          return fail(`routes/${object.metadata.name} ${after.message}`);
        }
        const isSame = JSON.stringify(after) === JSON.stringify(before);
        if (isSame) return { patch: undefined, word: undefined };
        const [to, ...alternates] = after;
        const spec = {
          to: to ?? null,
          alternateBackends: alternates.length === 0 ? null : alternates,
        };
        return {
          patch: { spec } as unknown as Json,
          word: 'backends updated',
          patchType: 'merge-patch',
        };
      },
    });
  },
};

interface Input {
  readonly name: string;
  readonly value: number;
  readonly isPercentage: boolean;
  /** By so much more or less than now. */
  readonly isRelative: boolean;
}

interface Change {
  readonly kind: 'print' | 'zero' | 'equal' | 'adjust' | 'set';
  readonly routes: readonly string[];
  readonly inputs: readonly Input[];
}

function changeOf({ args, flags }: Call): Change | Failure {
  const routes: string[] = [];
  const inputs: Input[] = [];
  for (const arg of args) {
    if (!arg.includes('=')) {
      routes.push(arg.replace(/^routes?\//, ''));
      continue;
    }
    const input = inputOf(arg);
    if (typeof input === 'string') {
      return fail(`invalid argument ${JSON.stringify(arg)}: ${input}`);
    }
    inputs.push(input);
  }
  const [adjust, zero, equal] = [flags.bool('adjust'), flags.bool('zero'), flags.bool('equal')];
  if (adjust) {
    if (zero) return fail('--adjust and --zero may not be specified together');
    if (equal) return fail('--adjust and --equal may not be specified together');
    if (inputs.length !== 1) return fail('only one backend may be specified when adjusting');
    return { kind: 'adjust', routes, inputs };
  }
  if (zero || equal) {
    if (zero && equal) return fail('--zero and --equal may not be specified together');
    if (inputs.length > 0) {
      return fail('arguments may not be provided when --zero or --equal is specified');
    }
    return { kind: zero ? 'zero' : 'equal', routes, inputs };
  }
  return problemOf(inputs) ?? { kind: inputs.length === 0 ? 'print' : 'set', routes, inputs };
}

function problemOf(inputs: readonly Input[]): Failure | undefined {
  const names = new Set<string>();
  for (const [index, { name, value, isPercentage }] of inputs.entries()) {
    if (names.has(name))
      return fail(`backend name ${JSON.stringify(name)} may only be specified once`);
    names.add(name);
    if (isPercentage && index > 0 && inputs[0]?.isPercentage !== true) {
      return fail('all backends must either be percentages or weights');
    }
    if (value < 0) return fail('negative percentages are not allowed');
  }
  return undefined;
}

/** `NAME=10`, `NAME=+10`, `NAME=-5%`; a text is what is wrong with it. */
function inputOf(text: string): Input | string {
  const equals = text.indexOf('=');
  const name = text.slice(0, equals);
  let rest = text.slice(equals + 1);
  if (name === '' || rest === '') return 'expected NAME=WEIGHT';
  if (name.includes('/')) return 'only NAME=WEIGHT may be specified';
  const isPercentage = rest.endsWith('%');
  if (isPercentage) rest = rest.slice(0, -1);
  const hasPlus = rest.startsWith('+');
  if (hasPlus) rest = rest.slice(1);
  if (!/^[+-]?\d+$/.test(rest)) {
    return `WEIGHT must be a number: strconv.Atoi: parsing ${JSON.stringify(rest)}: invalid syntax`;
  }
  const value = Number(rest);
  return { name, value, isPercentage, isRelative: hasPlus || value < 0 };
}

function backendsOf({ spec }: Route): readonly RouteTarget[] {
  return [spec.to, ...(spec.alternateBackends ?? [])];
}

const EQUAL_WEIGHT = 100;

function changed(
  { kind, inputs }: Change,
  backends: readonly RouteTarget[],
): readonly RouteTarget[] | Failure {
  switch (kind) {
    case 'zero':
      return backends.map((backend) => ({ ...backend, weight: 0 }));
    case 'equal':
      return backends.map((backend) => ({ ...backend, weight: EQUAL_WEIGHT }));
    case 'set':
      return inputs.map(({ name, value }) => ({ kind: 'Service', name, weight: value }));
    case 'adjust': {
      const [input] = inputs;
      return input === undefined ? backends : adjusted(input, backends);
    }
    case 'print':
      return backends;
  }
}

function adjusted(
  input: Input,
  backends: readonly RouteTarget[],
): readonly RouteTarget[] | Failure {
  const at = backends.findIndex(({ name }) => name === input.name);
  if (at < 0) {
    const names = backends.map(({ name }) => name).join(', ');
    return fail(`backend ${JSON.stringify(input.name)} is not in the list of backends (${names})`);
  }
  const weights = backends.map(({ weight }) => weight ?? EQUAL_WEIGHT);
  if (backends.length === 1) {
    if (input.isRelative) return fail('cannot adjust a single backend by relative weight');
    weights[0] = input.value;
  } else if (!input.isPercentage) {
    const now = weights[at] ?? 0;
    weights[at] = input.isRelative ? Math.max(0, now + input.value) : input.value;
  } else shift(weights, at, at === 0 ? 1 : 0, input);
  return backends.map((backend, index) => ({ ...backend, weight: weights[index] ?? 0 }));
}

/** A Route's greatest weight, and what the greatest becomes when shares of small ones would exceed it. */
const WEIGHT_MAX = 256;
const WEIGHT_RESCALED = 200;

/** Sets the share of one backend against another; those beside them keep theirs. */
function shift(weights: number[], at: number, against: number, { value, isRelative }: Input): void {
  const own = weights[at] ?? 0;
  const sum = own + (weights[against] ?? 0);
  for (const [index, weight] of weights.entries()) {
    if (index === at || index === against || sum === 0) continue;
    weights[index] = Math.trunc((weight * 100) / sum);
  }
  let share = Math.fround(value / 100);
  if (isRelative && sum !== 0) share = Math.fround(Math.fround(own / sum) + share);
  share = Math.min(1, Math.max(0, share));
  weights[at] = Math.trunc(Math.fround(share * 100));
  weights[against] = Math.trunc(Math.fround(Math.fround(1 - share) * 100));
  const most = Math.max(...weights);
  if (most <= WEIGHT_MAX) return;
  for (const [index, weight] of weights.entries()) {
    if (weight > 0) weights[index] = Math.max(1, Math.trunc((WEIGHT_RESCALED * weight) / most));
  }
}

function table(routes: readonly Route[]): string {
  const rows = routes.flatMap((route) => {
    const backends = backendsOf(route);
    const total = backends.reduce((sum, { weight = 0 }) => sum + weight, 0);
    return backends.map(({ kind, name, weight }) => {
      const isAlone = total === 0 || backends.length === 1;
      const share = isAlone
        ? String(total)
        : `${weight ?? 0} (${Math.trunc(((weight ?? 0) * 100) / total)}%)`;
      return `routes/${route.metadata.name}\t${kind}\t${name}\t${weight === undefined ? '' : share}\n`;
    });
  });
  return alignTabs(`NAME\tKIND\tTO\tWEIGHT\n${rows.join('')}`, DESCRIBE_TABS);
}
