/**
 * The requirements of label selectors and of node selectors: which operator takes how many values.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { validateNodeSelector } from './affinity.ts';
import { formatFieldError } from './field-error.ts';
import { validateLabelSelector } from './meta.ts';

const NEEDS_VALUES = "values: Required value: must be specified when `operator` is 'In' or 'NotIn'";
const TAKES_NONE =
  "values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'";

const ROWS = [
  { operator: 'In', values: ['a', 'b'], problems: [] },
  { operator: 'In', values: [], problems: [NEEDS_VALUES] },
  { operator: 'NotIn', values: ['a'], problems: [] },
  { operator: 'NotIn', values: [], problems: [NEEDS_VALUES] },
  { operator: 'Exists', values: [], problems: [] },
  { operator: 'Exists', values: ['a'], problems: [TAKES_NONE] },
  { operator: 'DoesNotExist', values: [], problems: [] },
  { operator: 'DoesNotExist', values: ['a', 'b'], problems: [TAKES_NONE] },
] as const;

describe('values of a requirement', () => {
  for (const { operator, values, problems } of ROWS) {
    const requirement = { key: 'zone', operator, values: [...values] };
    const expected = problems.map((text) => `at.matchExpressions[0].${text}`);

    test(`label selector: ${operator} [${values.join()}]`, () => {
      const found = validateLabelSelector({ matchExpressions: [requirement] }, 'at');
      assert.deepEqual(found.map(formatFieldError), expected);
    });

    test(`node selector: ${operator} [${values.join()}]`, () => {
      const terms = [{ matchExpressions: [requirement] }];
      const found = validateNodeSelector({ nodeSelectorTerms: terms }, 'at');
      assert.deepEqual(
        found.map(formatFieldError),
        expected.map((text) => text.replace('at.', 'at.nodeSelectorTerms[0].')),
      );
    });
  }

  for (const { values, problems } of [
    { values: ['4'], problems: 0 },
    { values: [], problems: 1 },
    { values: ['4', '5'], problems: 1 },
  ]) {
    test(`node selector: Gt [${values.join()}]`, () => {
      const requirement = { key: 'cores', operator: 'Gt' as const, values };
      const terms = [{ matchExpressions: [requirement] }];
      assert.equal(validateNodeSelector({ nodeSelectorTerms: terms }, 'at').length, problems);
    });
  }
});
