/**
 * Generates the code that holds a scenario against the schema:
 *
 *   node packages/scenario/src/host/gen-validator.ts
 *
 * The result is checked in, since compiling the schema would take longer than reading the file and
 * judging it; gen-validator.test.ts fails when it is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';

const folder = path.join(import.meta.dirname, '..', 'gen');
export const VALIDATOR_FILE: string = path.join(folder, 'validate-scenario.js');
const HEADER =
  '/** Generated from ../../schema/scenario.schema.json by ../host/gen-validator.ts: change those, not this one. */\n';

if (import.meta.main) writeFileSync(VALIDATOR_FILE, generateValidator());

export function generateValidator(): string {
  const file = path.join(folder, '..', '..', 'schema', 'scenario.schema.json');
  const schema = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  const ajv = new Ajv({
    allErrors: true,
    // Findings name what was allowed, so they need the schema around them.
    verbose: true,
    strict: true,
    allowUnionTypes: true,
    strictTypes: false,
    strictRequired: false,
    unicodeRegExp: false,
    code: { source: true, esm: true, lines: true },
  });
  ajv.addVocabulary(['patternErrorMessage']);
  return HEADER + standalone.default(ajv, ajv.compile(schema));
}
