/**
 * crictl and docker on a node: rows come from its kubelet (NodeTools), columns as the tools print them.
 */
import { NS_PER_SEC } from '@podwire/base';
import {
  type Command,
  type CommandContext,
  type CriContainerRow,
  type NodeTools,
  finished,
} from '../context.ts';

export const crictl: Command = (ctx, argv) => finished(runCrictl(ctx, argv));

function runCrictl(ctx: CommandContext, argv: readonly string[]): number {
  const node = ctx.node;
  if (node === undefined) {
    ctx.err(
      'FATA[0000] validate service connection: validate CRI v1 runtime API for endpoint "unix:///run/containerd/containerd.sock": connection refused\n',
    );
    return 1;
  }
  const words = argv.slice(1).filter((word) => !word.startsWith('-'));
  const isAll = argv.includes('-a') || argv.includes('--all');
  const isQuiet = argv.includes('-q') || argv.includes('--quiet');
  switch (words[0]) {
    case 'ps':
      ctx.out(crictlPs(ctx, node, isAll, isQuiet, optionValue(argv, '--name')));
      return 0;
    case 'pods':
      ctx.out(crictlPods(ctx, node, isQuiet, optionValue(argv, '--name')));
      return 0;
    case 'images':
    case 'img':
      ctx.out(crictlImages(node));
      return 0;
    case 'logs': {
      const text = node.criLogs?.(words[1] ?? '');
      if (text === undefined) {
        ctx.err(
          `E0000 remote_runtime.go] "ContainerStatus from runtime service failed" err="rpc error: code = NotFound desc = an error occurred when try to find container \\"${words[1] ?? ''}\\": not found"\n`,
        );
        return 1;
      }
      ctx.out(text);
      return 0;
    }
    default:
      ctx.err(`No help topic for '${words[0] ?? ''}'\n`);
      return 3;
  }
}

function optionValue(argv: readonly string[], name: string): string | undefined {
  const joined = argv.find((word) => word.startsWith(`${name}=`));
  if (joined !== undefined) return joined.slice(name.length + 1);
  const at = argv.indexOf(name);
  return at < 0 ? undefined : argv[at + 1];
}

function crictlPs(
  ctx: CommandContext,
  node: NodeTools,
  isAll: boolean,
  isQuiet: boolean,
  name: string | undefined,
): string {
  const rows = newestFirst(node.criContainers()).filter(
    (row) => (isAll || row.state === 'Running') && (name === undefined || row.name.includes(name)),
  );
  if (isQuiet) return rows.map((row) => `${row.id}\n`).join('');
  return columns(
    ['CONTAINER', 'IMAGE', 'CREATED', 'STATE', 'NAME', 'ATTEMPT', 'POD ID', 'POD', 'NAMESPACE'],
    rows.map((row) => [
      row.id.slice(0, 13),
      row.imageId.slice(0, 13),
      ago(ctx, row.createdNs),
      row.state,
      row.name,
      String(row.attempt),
      row.podId.slice(0, 13),
      row.podName,
      row.podNamespace,
    ]),
    '             ',
  );
}

function crictlPods(
  ctx: CommandContext,
  node: NodeTools,
  isQuiet: boolean,
  name: string | undefined,
): string {
  const rows = newestFirst(node.criPods()).filter(
    (row) => name === undefined || row.name.includes(name),
  );
  if (isQuiet) return rows.map((row) => `${row.id}\n`).join('');
  return columns(
    ['POD ID', 'CREATED', 'STATE', 'NAME', 'NAMESPACE', 'ATTEMPT', 'RUNTIME'],
    rows.map((row) => [
      row.id.slice(0, 13),
      ago(ctx, row.createdNs),
      row.state,
      row.name,
      row.namespace,
      String(row.attempt),
      '(default)',
    ]),
    '             ',
  );
}

function crictlImages(node: NodeTools): string {
  return columns(
    ['IMAGE', 'TAG', 'IMAGE ID', 'SIZE'],
    (node.criImages?.() ?? []).map((image) => {
      const colon = image.name.lastIndexOf(':');
      const hasTag = colon > image.name.lastIndexOf('/');
      return [
        hasTag ? image.name.slice(0, colon) : image.name,
        hasTag ? image.name.slice(colon + 1) : '<none>',
        image.id.slice(0, 13),
        humanSize(image.sizeBytes),
      ];
    }),
    '             ',
  );
}

export const docker: Command = (ctx, argv) => finished(runDocker(ctx, argv));

function runDocker(ctx: CommandContext, argv: readonly string[]): number {
  const node = ctx.node;
  if (node === undefined) {
    ctx.err(
      'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n',
    );
    return 1;
  }
  const words = argv.slice(1);
  if (words[0] === 'container') words.shift();
  if (words[0] !== 'ps' && words[0] !== 'ls') {
    if (words[0] === 'logs') {
      const text = node.criLogs?.(words[1] ?? '');
      if (text !== undefined) {
        ctx.out(text);
        return 0;
      }
      ctx.err(`Error response from daemon: No such container: ${words[1] ?? ''}\n`);
      return 1;
    }
    ctx.err(`docker: '${words[0] ?? ''}' is not a docker command.\nSee 'docker --help'\n`);
    return 1;
  }
  const isAll = words.includes('-a') || words.includes('--all');
  ctx.out(dockerPs(ctx, node, isAll));
  return 0;
}

/** As cri-dockerd names containers: k8s_POD_… for pause, k8s_NAME_… for the others. */
function dockerPs(ctx: CommandContext, node: NodeTools, isAll: boolean): string {
  const rows: { createdNs: number; cells: string[] }[] = [];
  for (const pod of node.criPods()) {
    const isUp = pod.state === 'Ready';
    if (!isUp && !isAll) continue;
    rows.push({
      createdNs: pod.createdNs,
      cells: [
        pod.id.slice(0, 12),
        'registry.k8s.io/pause:3.10',
        '"/pause"',
        ago(ctx, pod.createdNs),
        isUp ? `Up ${span(ctx, pod.createdNs)}` : 'Exited (0)',
        '',
        `k8s_POD_${pod.name}_${pod.namespace}_${pod.uid}_${pod.attempt}`,
      ],
    });
  }
  for (const row of node.criContainers()) {
    if (row.state !== 'Running' && !isAll) continue;
    rows.push({
      createdNs: row.createdNs,
      cells: [
        row.id.slice(0, 12),
        row.image,
        `"${shorten(row.command)}"`,
        ago(ctx, row.createdNs),
        dockerStatus(ctx, row),
        '',
        `k8s_${row.name}_${row.podName}_${row.podNamespace}_${row.podUid}_${row.attempt}`,
      ],
    });
  }
  rows.sort((a, b) => b.createdNs - a.createdNs);
  return columns(
    ['CONTAINER ID', 'IMAGE', 'COMMAND', 'CREATED', 'STATUS', 'PORTS', 'NAMES'],
    rows.map((row) => row.cells),
    '   ',
  );
}

function dockerStatus(ctx: CommandContext, row: CriContainerRow): string {
  if (row.state === 'Running') return `Up ${span(ctx, row.startedNs)}`;
  if (row.state === 'Created') return 'Created';
  return `Exited (${row.exitCode ?? 0}) ${ago(ctx, row.finishedNs ?? row.createdNs)}`;
}

function shorten(text: string): string {
  return text.length > 20 ? `${text.slice(0, 19)}…` : text;
}

function newestFirst<T extends { readonly createdNs: number }>(rows: readonly T[]): T[] {
  return [...rows].sort((a, b) => b.createdNs - a.createdNs);
}

/** units.HumanDuration of Docker. */
function span(ctx: CommandContext, sinceNs: number): string {
  const seconds = Math.floor((ctx.sim.nowNs() - sinceNs) / NS_PER_SEC);
  if (seconds < 1) return 'Less than a second';
  if (seconds === 1) return '1 second';
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.floor(seconds / 60);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.floor((seconds + 1800) / 3600);
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  return `${Math.floor(hours / 24)} days`;
}

function ago(ctx: CommandContext, sinceNs: number): string {
  return `${span(ctx, sinceNs)} ago`;
}

/** crictl's sizes: decimal units, three significant digits. */
function humanSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${Number(value.toPrecision(3))}${units[unit] ?? 'B'}`;
}

/** Cells in columns as wide as their widest, with a gap; crictl's cells are at least 20 wide with theirs. */
function columns(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  gap: string,
): string {
  const minimum = gap.length > 3 ? 20 : 0;
  const widths = head.map((title, column) =>
    Math.max(
      minimum,
      Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)) +
        (gap.length > 3 ? 3 : gap.length),
    ),
  );
  return [head, ...rows]
    .map((row) =>
      `${row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('')}`.trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}
