/** Written by hand: the type of validate-scenario.js. */
import type { ErrorObject } from 'ajv';

export declare const validate: {
  (data: unknown): boolean;
  readonly errors?: readonly ErrorObject[] | null;
};
