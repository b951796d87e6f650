/**
 * Steps that act on machines and the network between them: power, links, routes, components.
 */
import { NS_PER_SEC } from '@podwire/base';
import type { HostFault } from '@podwire/cluster';
import { type Proc, sleep } from '@podwire/engine';
import { type CaseStep, textOf } from './case-file.ts';
import { type CaseRun, SETTLE_NS, Unsupported, namespaceArgs, targetsOf } from './case-run.ts';
import { waitReady } from './step-commands.ts';
import { CHANGED, DONE, PODS_CHANGED, type StepOutcome } from './step-outcome.ts';

/** What a machine needs from power-off to its kubelet's first reports. */
const OFF_NS = 5 * NS_PER_SEC;
const BOOT_NS = 10 * NS_PER_SEC;

/** Plays the cloud controller, and the outside network's route to the address. */
export function* setLbIp(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const [target] = targetsOf({ service: step['service'] });
  if (target === undefined) throw new Unsupported('the step set-lb-ip names no service');
  const { ipMode, hostname } = step as { readonly ipMode?: string; readonly hostname?: string };
  const addresses = [step['ip'], step['ips']].flat().filter((ip) => typeof ip === 'string');
  const mode = ipMode === undefined ? {} : { ipMode };
  const ingress: object[] = addresses.map((ip) => ({ ip, ...mode }));
  if (hostname !== undefined) ingress.push({ hostname });
  const body = JSON.stringify({ status: { loadBalancer: { ingress } } });
  const args = [
    'patch',
    'service',
    target.name,
    ...namespaceArgs(target),
    '--subresource=status',
    '--type=merge',
    '-p',
    body,
  ];
  const result = yield* run.kubectl(args);
  const problems = result.exitCode === 0 ? [] : [`set-lb-ip: ${result.stderr.trim()}`];
  if (typeof step['route'] === 'string') {
    const node = /(node-\d+)/.exec(step['route'])?.[1];
    if (node === undefined) throw new Unsupported(`the route "${step['route']}" is not understood`);
    for (const ip of addresses) yield* routeTo(run, ip, node);
  }
  return { problems, isCompared: false, settle: 'rules' };
}

/** The outside network sends the address to a node. */
export function* routeTo(run: CaseRun, address: string, node: string): Proc {
  const via = run.operator.spec.cluster.nodes.find(({ name }) => name === node)?.address;
  if (via === undefined) throw new Unsupported(`there is no ${node} to route to`);
  const argv = ['route', 'replace', `${address.replace(/\/32$/, '')}/32`, 'via', via];
  yield* fault(run, 'router', { kind: 'route', argv });
}

export function* route(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const node = /(node-\d+)/.exec(textOf(step['via'] ?? step['to'] ?? step['node'] ?? ''))?.[1];
  const address = step['ip'] ?? step['address'];
  if (node === undefined || typeof address !== 'string')
    throw new Unsupported('the step route is not understood');
  yield* routeTo(run, address, node);
  return CHANGED;
}

export function* fault(run: CaseRun, host: string, what: HostFault): Proc {
  if (run.operator.hostId(host) === undefined) throw new Unsupported(`there is no machine ${host}`);
  const error = yield* run.operator.hostFault(host, what);
  if (error !== undefined) throw new Unsupported(error.trim());
}

export function* power(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const on = step.do === 'start-node';
  yield* fault(run, textOf(step['node']), { kind: 'power', on });
  if (on) yield* sleep(BOOT_NS);
  return on ? PODS_CHANGED : DONE;
}

export function* restartNode(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const node = textOf(step['node']);
  yield* fault(run, node, { kind: 'power', on: false });
  yield* sleep(step['seconds'] === undefined ? OFF_NS : Number(step['seconds']) * NS_PER_SEC);
  yield* fault(run, node, { kind: 'power', on: true });
  yield* sleep(BOOT_NS);
  return PODS_CHANGED;
}

/** `node-1`, `node-1/eth0`, `node-1 uplink`. */
export function linkHost(step: CaseStep): string | undefined {
  const text = textOf(step['link'] ?? step['node'] ?? '').trim();
  return /^(?:link of |uplink of )?([a-z][\w-]*?)(?:\/eth0| eth0| uplink| NIC)?$/.exec(text)?.[1];
}

/** A link between two machines: `node-1 - node-2`, `between node-1 and node-2`, a list of both. */
export function linkPair(step: CaseStep): readonly [string, string] | undefined {
  const value = step['link'] ?? step['nodes'];
  const text = Array.isArray(value) ? value.join(' and ') : textOf(value ?? '');
  const match = /^(?:between )?([a-z][\w-]*\w) ?(?:-|–|—|\/|<->|and|to|,) ?([a-z][\w-]*\w)$/.exec(
    text,
  );
  const [, first, second] = match ?? [];
  return first === undefined || second === undefined || second === 'eth0'
    ? undefined
    : [first, second];
}

export function linkProblem(step: CaseStep): string | undefined {
  if (step['partition'] !== undefined) return undefined;
  if (linkPair(step) !== undefined || linkHost(step) !== undefined) return undefined;
  if (step.do === 'heal' && step['link'] === undefined && step['node'] === undefined)
    return undefined;
  return `the link "${textOf(step['link'])}" is not modelled`;
}

export function* link(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const isUp = step.do !== 'cut-link';
  const pair = linkPair(step);
  if (pair !== undefined) {
    const name = [...pair].sort().join(' ');
    const groups = pair.map((one) => [one]);
    yield* underlay(run, isUp ? { kind: 'heal', name } : { kind: 'partition', name, groups });
    return isUp ? CHANGED : DONE;
  }
  const host = linkHost(step);
  if (host === undefined) {
    yield* underlay(run, { kind: 'heal', name: 'case' });
    return CHANGED;
  }
  yield* underlay(run, { kind: 'link', link: `${host}/eth0`, change: { isUp } });
  return isUp ? CHANGED : DONE;
}

export function* underlay(
  run: CaseRun,
  what: Parameters<CaseRun['operator']['underlayFault']>[0],
): Proc {
  const error = yield* run.operator.underlayFault(what);
  if (error !== undefined) throw new Unsupported(error);
}

/** Nodes that are named are cut off from all others, or groups from each other. */
export function* partition(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const { groups } = step as { readonly groups?: readonly (readonly string[])[] };
  const cut = [step['node'], step['nodes']].flat().filter((name) => typeof name === 'string');
  const hosts = run.operator.spec.actors.flatMap((actor) =>
    actor.kind === 'host' ? [actor.name] : [],
  );
  const made = groups ?? [cut, hosts.filter((name) => !cut.includes(name))];
  yield* underlay(run, { kind: 'partition', name: 'case', groups: made });
  return DONE;
}

interface Component {
  readonly kind: 'node' | 'control-plane' | 'dns';
  readonly name: string;
}

export function componentOf(text: string): Component | undefined {
  const words = text.trim().toLowerCase();
  if (/^kube-?proxy$/.test(words)) return { kind: 'node', name: 'kube-proxy' };
  if (/^kubelet$/.test(words)) return { kind: 'node', name: 'kubelet' };
  if (/^(network plugin daemon|cni|pod network agent|flanneld?)$/.test(words))
    return { kind: 'node', name: 'cni' };
  if (/^(kube-)?scheduler$/.test(words)) return { kind: 'control-plane', name: 'scheduler' };
  if (/^(kube-)?controller[- ]manager$|^controllers$/.test(words))
    return { kind: 'control-plane', name: 'controller-manager' };
  if (/^(core ?dns|dns|dns server|kube-dns)$/.test(words)) return { kind: 'dns', name: 'coredns' };
  return undefined;
}

export function processProblem(step: CaseStep): string | undefined {
  const text = textOf(step['process'] ?? '');
  return componentOf(text) === undefined ? `the process "${text}" is not modelled` : undefined;
}

export function* processStep(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  return yield* component(run, step, step.do, textOf(step['process'] ?? ''));
}

/** `stop-kube-proxy`: verb and component in one word. */
export function* componentStep(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const [, verb = '', name = ''] = /^(stop|start|restart)-(.+)$/.exec(step.do) ?? [];
  return yield* component(run, step, verb, name);
}

export function* component(
  run: CaseRun,
  step: CaseStep,
  verb: string,
  process: string,
): Proc<StepOutcome> {
  const found = componentOf(process);
  if (found === undefined) throw new Unsupported(`the process "${process}" is not modelled`);
  for (const running of verb === 'restart' ? [false, true] : [verb === 'start']) {
    yield* switchComponent(run, step, found, running);
  }
  const then = /^wait-ready (\S+)$/.exec(textOf(step['then'] ?? ''))?.[1];
  if (step['then'] !== undefined && then === undefined) {
    throw new Unsupported(`"then: ${textOf(step['then'])}" is not understood`);
  }
  if (then !== undefined) return yield* waitReady(run, { do: 'wait-ready', pod: then });
  return CHANGED;
}

export function* switchComponent(
  run: CaseRun,
  step: CaseStep,
  found: Component,
  running: boolean,
): Proc {
  if (found.kind === 'dns') {
    const replicas = running ? run.operator.spec.cluster.dnsReplicas : 0;
    yield* run.kubectl([
      'scale',
      'deployment',
      'coredns',
      '-n',
      'kube-system',
      `--replicas=${replicas}`,
    ]);
    yield* sleep(SETTLE_NS * 5);
    return;
  }
  const named = step['node'];
  const nodes = run.operator.spec.cluster.nodes.map(({ name }) => name);
  const hosts =
    found.kind === 'control-plane'
      ? ['control-plane']
      : named === undefined
        ? nodes
        : [textOf(named)];
  for (const host of hosts)
    yield* fault(run, host, { kind: 'component', name: found.name, running });
}

export function* kill(run: CaseRun, step: CaseStep): Proc<StepOutcome> {
  const [target] = targetsOf({ pod: step['pod'] });
  const facts = yield* run.facts();
  const pod = facts.pods.find(
    ({ metadata }) => metadata.name === target?.name && metadata.namespace === target.namespace,
  );
  const node = pod?.spec.nodeName;
  if (target === undefined || node === undefined)
    throw new Unsupported(`the step ${step.do} names no running pod`);
  const place = { namespace: target.namespace ?? 'default', pod: target.name };
  const isContainer = step.do === 'kill-container';
  yield* fault(
    run,
    node,
    isContainer
      ? { kind: 'kill-container', ...place, container: textOf(step['container'] ?? '') }
      : { kind: 'kill-sandbox', ...place },
  );
  // The kubelet notices, acts and reports.
  yield* sleep(SETTLE_NS);
  return PODS_CHANGED;
}
