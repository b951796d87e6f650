/**
 * The schema of all kinds: field → type, from the tables beside this file.
 */
import { CORE_SCHEMA } from './core-schema.ts';
import { EDGE_SCHEMA } from './edge-schema.ts';
import { GROUP_SCHEMA } from './group-schema.ts';
import { METALLB_SCHEMA } from './metallb-schema.ts';
import { META_SCHEMA } from './meta-schema.ts';
import { OPENSHIFT_SCHEMA } from './openshift-schema.ts';
import { OPERATOR_SCHEMA } from './operator-schema.ts';
import { POD_SCHEMA } from './pod-schema.ts';
import { Schema } from './field-type.ts';

export const SCHEMA: Schema = new Schema([
  META_SCHEMA,
  CORE_SCHEMA,
  POD_SCHEMA,
  GROUP_SCHEMA,
  EDGE_SCHEMA,
  OPENSHIFT_SCHEMA,
  METALLB_SCHEMA,
  OPERATOR_SCHEMA,
]);
