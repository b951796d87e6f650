/**
 * Which description a kind has. Layout and words are those of kubectl 1.36 (kubectl pkg/describe).
 */
import { type KindInfo, type KubeObject, qualifiedResource } from '@podwire/api';
import type { Proc } from '@podwire/engine';
import type { Session } from '../session.ts';
import {
  describeConfigMap,
  describeNamespace,
  describeSecret,
  describeServiceAccount,
} from './config.ts';
import { describeIngress, describeIngressClass, describeRoute } from './edge.ts';
import { describeEvents, eventsAbout } from './events.ts';
import { describeGeneric } from './generic.ts';
import { describeNode, nodeEvents } from './node.ts';
import {
  describeBuild,
  describeBuildConfig,
  describeDeploymentConfig,
  describeImageStream,
} from './openshift.ts';
import { describePod } from './pod.ts';
import { describeEndpointSlice, describeEndpoints, describeService } from './service.ts';
import {
  describeDaemonSet,
  describeDeployment,
  describeReplicaSet,
  describeStatefulSet,
} from './workloads.ts';
import { DescribeWriter } from './writer.ts';

type AskingDescriber = (session: Session, object: KubeObject, w: DescribeWriter) => Proc;
type PlainDescriber = (object: KubeObject, w: DescribeWriter) => void;

/** Those that ask the API for more than the object. */
const ASKING: ReadonlyMap<string, AskingDescriber> = new Map([
  ['services', describeService],
  ['nodes', describeNode],
  ['deployments.apps', describeDeployment],
  ['replicasets.apps', describeReplicaSet],
  ['statefulsets.apps', describeStatefulSet],
  ['daemonsets.apps', describeDaemonSet],
  ['buildconfigs.build.openshift.io', describeBuildConfig],
  ['deploymentconfigs.apps.openshift.io', describeDeploymentConfig],
  ['ingresses.networking.k8s.io', describeIngress],
  ['routes.route.openshift.io', describeRoute],
]);

/** Those that tell how long ago something was. */
const TIMED: ReadonlyMap<
  string,
  (session: Session, object: KubeObject, w: DescribeWriter) => void
> = new Map([
  ['builds.build.openshift.io', describeBuild],
  ['imagestreams.image.openshift.io', describeImageStream],
]);

const PLAIN: ReadonlyMap<string, PlainDescriber> = new Map([
  ['endpoints', describeEndpoints],
  ['endpointslices.discovery.k8s.io', describeEndpointSlice],
  ['namespaces', describeNamespace],
  ['configmaps', describeConfigMap],
  ['secrets', describeSecret],
  ['serviceaccounts', describeServiceAccount],
  ['ingressclasses.networking.k8s.io', describeIngressClass],
]);

/** Namespaces, Secrets and Routes are described without their events. */
const WITHOUT_EVENTS: ReadonlySet<string> = new Set([
  'namespaces',
  'secrets',
  'routes.route.openshift.io',
]);

export function* describeObject(
  session: Session,
  info: KindInfo,
  object: KubeObject,
  hasEvents: boolean,
): Proc<string> {
  const resource = qualifiedResource(info);
  if (resource === 'pods') return yield* describePod(session, object, hasEvents);
  const w = new DescribeWriter();
  const asking = ASKING.get(resource);
  const timed = TIMED.get(resource);
  if (asking !== undefined) yield* asking(session, object, w);
  else if (timed !== undefined) timed(session, object, w);
  else (PLAIN.get(resource) ?? describeGeneric)(object, w);
  if (hasEvents && !WITHOUT_EVENTS.has(resource)) {
    const { uid } = object.metadata;
    const events =
      resource === 'nodes'
        ? yield* nodeEvents(session, object)
        : yield* eventsAbout(session, object, {
            kind: info.kind,
            ...(uid === undefined ? {} : { uid }),
          });
    describeEvents(w, events, session.nowNs());
  }
  return w.text();
}
