/**
 * `kubectl create poddisruptionbudget`.
 */
import { type KubeObject, type Requirement, parseSelector } from '@podwire/api';
import type { Command } from '../command.ts';
import { type Failure, fail } from '../failure.ts';
import { textFlag } from '../flags.ts';
import type { Call, Session } from '../session.ts';
import { generated, objectOf } from './create-object.ts';

const LIMITS = [
  ['min-available', 'minAvailable'],
  ['max-unavailable', 'maxUnavailable'],
] as const;

export const createBudgetCommand: Command = generated({
  path: 'create poddisruptionbudget',
  aliases: ['create pdb'],
  noun: 'poddisruptionbudgets',
  flags: [textFlag('selector'), textFlag('min-available'), textFlag('max-unavailable')],
  build(_session: Session, call: Call, name: string): KubeObject | Failure {
    const text = call.flags.text('selector');
    if (text === '') return fail('a selector must be specified');
    const given = LIMITS.filter(([flag]) => call.flags.text(flag) !== '');
    const [limit] = given;
    if (limit === undefined) {
      return fail('one of min-available or max-unavailable must be specified');
    }
    if (given.length > 1) {
      return fail('min-available and max-unavailable cannot be both specified');
    }
    const [flag, field] = limit;
    const value = call.flags.text(flag);
    if (!/^[0-9]+%?$/.test(value)) return fail(`invalid format specified for ${flag}`);
    const selector = parseSelector(text);
    if (typeof selector === 'string') {
      return fail(`couldn't parse the selector string ${JSON.stringify(text)}: ${selector}`);
    }
    if (selector.requirements.some(({ operator }) => operator === '!=')) {
      return fail('"!=" is not a valid label selector operator');
    }
    return objectOf('policy/v1', 'PodDisruptionBudget', {
      metadata: { name },
      spec: {
        [field]: value.endsWith('%') ? value : Number(value),
        selector: labelSelector(selector.requirements),
      },
      status: { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 },
    });
  },
});

const OPERATORS: Readonly<Partial<Record<Requirement['operator'], string>>> = {
  in: 'In',
  notin: 'NotIn',
  exists: 'Exists',
  '!': 'DoesNotExist',
};

/** metav1.ParseToLabelSelector. */
function labelSelector(requirements: readonly Requirement[]): object {
  const isEqual = ({ operator }: Requirement): boolean => operator === '=' || operator === '==';
  const equal = requirements.filter(isEqual);
  const others = requirements.filter((requirement) => !isEqual(requirement));
  return {
    ...(equal.length === 0
      ? {}
      : { matchLabels: Object.fromEntries(equal.map(({ key, values }) => [key, values[0]])) }),
    ...(others.length === 0
      ? {}
      : {
          matchExpressions: others.map(({ key, operator, values }) => ({
            key,
            operator: OPERATORS[operator] ?? operator,
            ...(values.length === 0 ? {} : { values }),
          })),
        }),
  };
}
