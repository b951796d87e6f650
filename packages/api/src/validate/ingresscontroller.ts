/**
 * What the CRD of IngressController refuses by its schema (operator.openshift.io_ingresscontrollers.yaml).
 */
import type { IngressController } from '../types/ingresscontroller.ts';
import type { KubeObject } from '../types/meta.ts';
import { type FieldError, invalidValue, notSupported } from './field-error.ts';

const PUBLISHING = ['LoadBalancerService', 'HostNetwork', 'Private', 'NodePortService'];
const OWNERSHIP = ['InterNamespaceAllowed', 'Strict'];
const WILDCARDS = ['WildcardsAllowed', 'WildcardsDisallowed'];
const FORWARDED = ['Append', 'Replace', 'IfNone', 'Never'];

export function validateIngressController(object: KubeObject): FieldError[] {
  const { spec = {} } = object as Partial<IngressController>;
  const { routeAdmission, endpointPublishingStrategy, httpHeaders, replicas } = spec;
  const choices: readonly (readonly [string, string | undefined, readonly string[]])[] = [
    ['spec.endpointPublishingStrategy.type', endpointPublishingStrategy?.type, PUBLISHING],
    ['spec.routeAdmission.namespaceOwnership', routeAdmission?.namespaceOwnership, OWNERSHIP],
    ['spec.routeAdmission.wildcardPolicy', routeAdmission?.wildcardPolicy, WILDCARDS],
    ['spec.httpHeaders.forwardedHeaderPolicy', httpHeaders?.forwardedHeaderPolicy, FORWARDED],
  ];
  const found = choices.flatMap(([path, value, allowed]) =>
    value === undefined || allowed.includes(value) ? [] : [notSupported(path, value, allowed)],
  );
  if (replicas !== undefined && replicas < 0) {
    found.push(invalidValue('spec.replicas', replicas, 'should be greater than or equal to 0'));
  }
  return found;
}
