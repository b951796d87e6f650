/**
 * Brings a container's image to the node: policy, registry's refusal, back-off, events.
 *
 * Source: kubelet images/image_manager.go EnsureImageExists. Pulling takes the registry's latency and the
 * image's size over the node's pull rate.
 */
import { NS_PER_SEC } from '@podwire/base';
import type { Container } from '@podwire/api';
import { type Proc, sleep } from '@podwire/engine';
import { Backoff } from './backoff.ts';
import type { KubeletOptions } from './options.ts';
import type { ImageInfo, NodeRuntime } from './runtime.ts';

export interface PullContext {
  readonly node: NodeRuntime;
  readonly options: KubeletOptions;
  readonly container: Container;
  readonly event: (type: 'Normal' | 'Warning', reason: string, message: string) => void;
  readonly waiting: (waiting: { reason: string; message?: string }) => void;
}

export function* ensureImage(context: PullContext): Proc<ImageInfo> {
  const { node, options, container, event, waiting } = context;
  const image = container.image ?? '';
  let backoff: Backoff | undefined;
  for (;;) {
    if (node.askRegistry !== undefined) yield* node.askRegistry(image);
    const info = node.imageInfo(image);
    const isPresent = node.pulledImages.has(info.reference);
    const policy = container.imagePullPolicy ?? 'IfNotPresent';
    if (isPresent && policy !== 'Always') {
      event('Normal', 'Pulled', `Container image "${image}" already present on machine`);
      return info;
    }
    if (policy === 'Never' && !isPresent) {
      const message = `Container image "${image}" is not present with pull policy of Never`;
      event('Warning', 'ErrImageNeverPull', message);
      waiting({ reason: 'ErrImageNeverPull', message });
      yield* sleep(options.sandboxRetryNs);
      continue;
    }
    event('Normal', 'Pulling', `Pulling image "${image}"`);
    const startedNs = node.sim.nowNs();
    const transferNs = isPresent
      ? 0
      : Math.ceil((info.sizeBytes / options.pullBytesPerSec) * NS_PER_SEC);
    yield* sleep(options.pullLatencyNs + (info.pullError === undefined ? transferNs : 0));
    if (info.pullError === undefined) {
      node.pulledImages.set(info.reference, info);
      const took = goDuration(node.sim.nowNs() - startedNs);
      event(
        'Normal',
        'Pulled',
        `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: ${info.sizeBytes} bytes.`,
      );
      return info;
    }
    event('Warning', 'Failed', `Failed to pull image "${image}": ${info.pullError}`);
    event('Warning', 'Failed', 'Error: ErrImagePull');
    waiting({ reason: 'ErrImagePull', message: info.pullError });
    backoff ??= new Backoff();
    const delayNs = backoff.next(image, node.sim.nowNs());
    // The next look at the pod finds it in back-off.
    yield* sleep(Math.min(options.relistNs, delayNs));
    event('Normal', 'BackOff', `Back-off pulling image "${image}"`);
    event('Warning', 'Failed', 'Error: ImagePullBackOff');
    waiting({
      reason: 'ImagePullBackOff',
      message: `Back-off pulling image "${image}": ErrImagePull: ${info.pullError}`,
    });
    yield* sleep(delayNs);
  }
}

/** Seconds with milliseconds, as the event prints a rounded time.Duration. */
function goDuration(ns: number): string {
  const ms = Math.round(ns / 1_000_000);
  return ms < 1000 ? `${ms}ms` : `${Number((ms / 1000).toFixed(3))}s`;
}
