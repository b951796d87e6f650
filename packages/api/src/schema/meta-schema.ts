/**
 * Schema of what all kinds share (apimachinery meta/v1).
 */
import type { StructTable } from './field-type.ts';

/** What the struct of every kind begins with. */
export const HEAD: {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: string;
} = {
  apiVersion: 'string',
  kind: 'string',
  metadata: 'ObjectMeta',
};

export const META_SCHEMA: StructTable = {
  ObjectMeta: {
    name: 'string',
    generateName: 'string',
    namespace: 'string',
    selfLink: 'string',
    uid: 'string:UID',
    resourceVersion: 'string',
    generation: 'int64',
    creationTimestamp: 'Time',
    deletionTimestamp: '*Time',
    deletionGracePeriodSeconds: '*int64',
    labels: 'map[string]string',
    annotations: 'map[string]string',
    ownerReferences: '[]OwnerReference @uid',
    finalizers: '[]string @set',
    managedFields: '[]json',
  },
  OwnerReference: {
    apiVersion: 'string!',
    kind: 'string!',
    name: 'string!',
    uid: 'string:UID!',
    controller: '*bool',
    blockOwnerDeletion: '*bool',
  },
  LabelSelector: {
    matchLabels: 'map[string]string',
    matchExpressions: '[]LabelSelectorRequirement',
  },
  LabelSelectorRequirement: {
    key: 'string!',
    operator: 'string:LabelSelectorOperator!',
    values: '[]string',
  },
  Condition: {
    type: 'string!',
    status: 'string:ConditionStatus!',
    observedGeneration: 'int64',
    lastTransitionTime: 'Time',
    reason: 'string!',
    message: 'string!',
  },
  DeleteOptions: {
    apiVersion: 'string',
    kind: 'string',
    gracePeriodSeconds: '*int64',
    preconditions: '*Preconditions',
    orphanDependents: '*bool',
    propagationPolicy: '*string:DeletionPropagation',
    dryRun: '[]string',
    ignoreStoreReadErrorWithClusterBreakingPotential: '*bool',
  },
  Preconditions: { uid: '*string:UID', resourceVersion: '*string' },
  ObjectReference: {
    kind: 'string',
    namespace: 'string',
    name: 'string',
    uid: 'string:UID',
    apiVersion: 'string',
    resourceVersion: 'string',
    fieldPath: 'string',
  },
  LocalObjectReference: { name: 'string' },
};
