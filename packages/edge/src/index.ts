/**
 * The edge: Ingress, OpenShift Routes and load balancers, where requests come into the cluster.
 */
export { type Algorithm, Balancer, type Server } from './balance.ts';
export { readCertificatePem } from './certificate.ts';
export { type IngressNginxOptions, startIngressNginx } from './ingress-nginx.ts';
export { IngressOperator } from './ingress-operator/ingress-operator.ts';
export {
  OPERATOR_NAMESPACE,
  ROUTER_NAMESPACE,
  type RouterPlatform,
} from './ingress-operator/router-objects.ts';
export { IngressToRoute } from './ingress-to-route.ts';
export { LoadBalancer, type LoadBalancerOptions } from './load-balancer.ts';
export { NOT_AVAILABLE_PAGE } from './haproxy-pages.ts';
export { type OpenshiftRouterOptions, startOpenshiftRouter } from './openshift-router.ts';
export { MetallbController } from './metallb/controller.ts';
export { METALLB_NAMESPACE, MetallbSpeaker, SPEAKER_LABELS } from './metallb/speaker.ts';
export type { EdgeProgram } from './edge-process.ts';
export { routerSettings } from './router-settings.ts';
