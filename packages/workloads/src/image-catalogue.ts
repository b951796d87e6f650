/**
 * The images that podwire knows: what they run, where they listen, what they contain, how big they are.
 *
 * An image is found by the last part of its repository, so that mirrors and private registries work.
 * Images with a shell are given the usual network tools, also where the real one is leaner: a scenario
 * cannot install packages. Images without a shell have none here either. Sizes are compressed layers.
 */
import { type ImageReference, parseImageReference } from '@podwire/base';
import { BUILDER_STREAMS } from './builder-catalogue.ts';
import type { Libc } from './context.ts';

/** Commands that belong together. */
export type ToolSet = 'none' | 'busybox' | 'distro' | 'agnhost';

export interface Image {
  readonly name: string;
  readonly libc: Libc;
  readonly tools: ToolSet;
  /** Programs besides the tool set. */
  readonly programs: readonly string[];
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** EXPOSE of the image: information only. */
  readonly exposedPorts: readonly number[];
  readonly sizeBytes: number;
  readonly env: readonly (readonly [string, string])[];
  readonly files: readonly (readonly [string, string])[];
  /** First tag part to full version, for Server headers and --version; '' = what `latest` is. */
  readonly versions: readonly (readonly [string, string])[];
  /** What the runtime sends to stop it. */
  readonly stopSignal: 'TERM' | 'QUIT' | 'WINCH' | 'INT';
  readonly user: string;
}

const MB = 1_000_000;

const BASE: Image = {
  name: '',
  libc: 'glibc',
  tools: 'distro',
  programs: [],
  entrypoint: [],
  cmd: [],
  exposedPorts: [],
  sizeBytes: 50 * MB,
  env: [],
  files: [],
  versions: [],
  stopSignal: 'TERM',
  user: 'root',
};

/** Makes the entries short: only what differs from a Debian image without a program. */
function image(name: string, rest: Partial<Image>): Image {
  return { ...BASE, name, ...rest };
}

const OS_RELEASE = '/etc/os-release';

/** By last part of the repository; the first match of a tag variant wins (`variantOf`). */
const IMAGES: readonly Image[] = [
  image('pause', {
    libc: 'none',
    tools: 'none',
    programs: ['pause'],
    entrypoint: ['/pause'],
    sizeBytes: 320_368,
    user: '65535',
  }),
  image('nginx', {
    programs: ['nginx', 'docker-entrypoint.sh'],
    entrypoint: ['/docker-entrypoint.sh'],
    cmd: ['nginx', '-g', 'daemon off;'],
    exposedPorts: [80],
    sizeBytes: 72_319_182,
    versions: [
      ['', '1.29.3'],
      ['1.29', '1.29.3'],
      ['1.28', '1.28.0'],
      ['1.27', '1.27.5'],
      ['1.26', '1.26.3'],
      ['1.25', '1.25.5'],
      ['1.24', '1.24.0'],
      ['1.23', '1.23.4'],
      ['1.21', '1.21.6'],
      ['1.20', '1.20.2'],
      ['1.19', '1.19.10'],
      ['1.18', '1.18.0'],
      ['1.17', '1.17.10'],
      ['1.16', '1.16.1'],
      ['1.15', '1.15.12'],
      ['1.14', '1.14.2'],
      ['1.7', '1.7.9'],
      ['stable', '1.28.0'],
      ['mainline', '1.29.3'],
    ],
    stopSignal: 'QUIT',
  }),
  image('nginx-unprivileged', {
    programs: ['nginx', 'docker-entrypoint.sh'],
    entrypoint: ['/docker-entrypoint.sh'],
    cmd: ['nginx', '-g', 'daemon off;'],
    exposedPorts: [8080],
    sizeBytes: 72_400_000,
    env: [['NGINX_PORT', '8080']],
    versions: [['', '1.29.3']],
    stopSignal: 'QUIT',
    user: '101',
  }),
  image('httpd', {
    programs: ['httpd', 'httpd-foreground'],
    cmd: ['httpd-foreground'],
    exposedPorts: [80],
    sizeBytes: 45_180_000,
    versions: [
      ['', '2.4.65'],
      ['2.4', '2.4.65'],
    ],
    stopSignal: 'WINCH',
  }),
  image('httpd-24', {
    programs: ['run-httpd', 'httpd'],
    cmd: ['/usr/bin/run-httpd'],
    exposedPorts: [8080, 8443],
    sizeBytes: 141_000_000,
    env: [['HTTPD_PORT', '8080']],
    versions: [['', '2.4.57']],
    stopSignal: 'WINCH',
    user: '1001',
    files: [[OS_RELEASE, 'NAME="Red Hat Enterprise Linux"\nVERSION="9.4 (Plow)"\nID="rhel"\n']],
  }),
  ...['php-73', 'php-74', 'php-80', 'php-81', 'php-82', 'php-83'].map((name) =>
    image(name, {
      programs: ['run', 'httpd'],
      cmd: ['/usr/libexec/s2i/run'],
      exposedPorts: [8080, 8443],
      sizeBytes: 210_000_000,
      env: [['HTTPD_PORT', '8080']],
      versions: [['', '2.4.57']],
      user: '1001',
    }),
  ),
  image('agnhost', {
    libc: 'musl',
    tools: 'agnhost',
    programs: ['agnhost'],
    entrypoint: ['/agnhost'],
    cmd: ['pause'],
    sizeBytes: 51_700_000,
    versions: [
      ['', '2.53'],
      ['2.', '2.53'],
    ],
  }),
  image('http-echo', {
    libc: 'none',
    tools: 'none',
    programs: ['http-echo'],
    entrypoint: ['/http-echo'],
    exposedPorts: [5678],
    sizeBytes: 3_100_000,
    versions: [['', '1.0.0']],
  }),
  image('whoami', {
    libc: 'none',
    tools: 'none',
    programs: ['whoami'],
    entrypoint: ['/whoami'],
    exposedPorts: [80],
    sizeBytes: 2_900_000,
    versions: [['', '1.11.0']],
  }),
  image('hello-openshift', {
    libc: 'none',
    tools: 'none',
    programs: ['hello-openshift'],
    entrypoint: ['/hello-openshift'],
    exposedPorts: [8080, 8888],
    sizeBytes: 2_300_000,
    user: '1001',
  }),
  ...['echoserver', 'echo-server', 'http-https-echo'].map((name) =>
    image(name, {
      tools: 'busybox',
      libc: 'musl',
      programs: ['echoserver'],
      cmd: ['echoserver'],
      exposedPorts: [8080],
      sizeBytes: 45_000_000,
    }),
  ),
  image('hello-app', {
    libc: 'none',
    tools: 'busybox',
    programs: ['hello-app'],
    cmd: ['./hello-app'],
    exposedPorts: [8080],
    sizeBytes: 13_700_000,
    versions: [
      ['', '1.0.0'],
      ['2', '2.0.0'],
    ],
  }),
  image('busybox', {
    tools: 'busybox',
    cmd: ['sh'],
    sizeBytes: 2_211_000,
    versions: [
      ['', '1.37.0'],
      ['1.28', '1.28.4'],
      ['1.36', '1.36.1'],
    ],
  }),
  image('alpine', {
    libc: 'musl',
    tools: 'busybox',
    cmd: ['/bin/sh'],
    sizeBytes: 3_800_000,
    programs: ['getent'],
    files: [[OS_RELEASE, 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.22.1\n']],
  }),
  image('curl', {
    libc: 'musl',
    tools: 'busybox',
    programs: ['curl', 'getent', 'entrypoint.sh'],
    entrypoint: ['/entrypoint.sh'],
    cmd: ['curl'],
    sizeBytes: 9_300_000,
    versions: [['', '8.16.0']],
    user: 'curl_user',
  }),
  image('netshoot', {
    libc: 'musl',
    tools: 'distro',
    cmd: ['zsh'],
    programs: ['zsh'],
    sizeBytes: 205_000_000,
  }),
  image('dnsutils', { tools: 'distro', cmd: ['/bin/sh'], sizeBytes: 28_500_000 }),
  image('jessie-dnsutils', {
    tools: 'distro',
    cmd: ['sleep', '1000000'],
    sizeBytes: 78_900_000,
  }),
  ...(
    [
      ['ubuntu', 29_723_000, 'NAME="Ubuntu"\nVERSION_ID="24.04"\nID=ubuntu\n'],
      ['debian', 49_280_000, 'NAME="Debian GNU/Linux"\nVERSION_ID="13"\nID=debian\n'],
      ['centos', 83_500_000, 'NAME="CentOS Linux"\nVERSION_ID="8"\nID="centos"\n'],
      ['stream9', 55_300_000, 'NAME="CentOS Stream"\nVERSION_ID="9"\nID="centos"\n'],
      ['fedora', 60_400_000, 'NAME="Fedora Linux"\nVERSION_ID=42\nID=fedora\n'],
      ['rockylinux', 47_500_000, 'NAME="Rocky Linux"\nVERSION_ID="9.3"\nID="rocky"\n'],
      ['ubi', 77_000_000, 'NAME="Red Hat Enterprise Linux"\nVERSION_ID="9.6"\nID="rhel"\n'],
      ['ubi8', 78_400_000, 'NAME="Red Hat Enterprise Linux"\nVERSION_ID="8.10"\nID="rhel"\n'],
      ['ubi9', 77_200_000, 'NAME="Red Hat Enterprise Linux"\nVERSION_ID="9.6"\nID="rhel"\n'],
      ['ubi-minimal', 38_000_000, 'NAME="Red Hat Enterprise Linux"\nVERSION_ID="9.6"\nID="rhel"\n'],
      ['tools', 150_000_000, 'NAME="Red Hat Enterprise Linux"\nVERSION_ID="9.6"\nID="rhel"\n'],
    ] as const
  ).map(([name, sizeBytes, release]) =>
    image(name, { cmd: ['/bin/bash'], sizeBytes, files: [[OS_RELEASE, release]] }),
  ),
  image('python', {
    cmd: ['python3'],
    programs: ['python3', 'python'],
    sizeBytes: 372_000_000,
    versions: [
      ['', '3.13.7'],
      ['3.12', '3.12.11'],
      ['3.11', '3.11.13'],
      ['3.9', '3.9.23'],
    ],
  }),
  image('redis', {
    programs: ['redis-server', 'redis-cli', 'docker-entrypoint.sh'],
    entrypoint: ['docker-entrypoint.sh'],
    cmd: ['redis-server'],
    exposedPorts: [6379],
    sizeBytes: 52_500_000,
    versions: [
      ['', '8.2.1'],
      ['7', '7.4.5'],
      ['6', '6.2.19'],
      ['5', '5.0.14'],
    ],
    user: 'redis',
  }),
  ...(
    [
      ['mysql', 3306, 'mysqld', 260_000_000],
      ['mariadb', 3306, 'mariadbd', 101_000_000],
      ['postgres', 5432, 'postgres', 161_000_000],
      ['postgresql', 5432, 'postgres', 120_000_000],
      ['mongo', 27017, 'mongod', 300_000_000],
      ['memcached', 11211, 'memcached', 34_000_000],
      ['rabbitmq', 5672, 'rabbitmq-server', 106_000_000],
      ['etcd', 2379, 'etcd', 59_000_000],
    ] as const
  ).map(([name, port, program, sizeBytes]) =>
    image(name, {
      programs: [program, 'docker-entrypoint.sh'],
      entrypoint: ['docker-entrypoint.sh'],
      cmd: [program],
      exposedPorts: [port],
      sizeBytes,
    }),
  ),
  image('registry', {
    libc: 'musl',
    tools: 'busybox',
    programs: ['listener'],
    cmd: ['listener', '5000'],
    exposedPorts: [5000],
    sizeBytes: 10_000_000,
  }),
  image('origin-docker-builder', {
    programs: [
      'openshift-git-clone',
      'openshift-manage-dockerfile',
      'openshift-sti-build',
      'openshift-docker-build',
    ],
    sizeBytes: 186_000_000,
  }),
  image('origin-deployer', { programs: ['openshift-deploy'], sizeBytes: 160_000_000 }),
  image('coredns', {
    libc: 'none',
    tools: 'none',
    programs: ['coredns'],
    entrypoint: ['/coredns'],
    exposedPorts: [53],
    sizeBytes: 18_562_039,
    user: '65532',
  }),
  image('controller', {
    libc: 'musl',
    tools: 'busybox',
    programs: ['nginx-ingress-controller', 'curl'],
    cmd: ['/nginx-ingress-controller'],
    exposedPorts: [80, 443],
    sizeBytes: 109_000_000,
    user: 'www-data',
  }),
  image('ose-haproxy-router', {
    programs: ['openshift-router'],
    entrypoint: ['/usr/bin/openshift-router'],
    exposedPorts: [80, 443, 1936],
    sizeBytes: 112_000_000,
    user: '1001',
    files: [[OS_RELEASE, 'NAME="Red Hat Enterprise Linux"\nVERSION="9.4 (Plow)"\nID="rhel"\n']],
  }),
  image('metallb/controller', {
    libc: 'none',
    tools: 'none',
    programs: ['metallb-controller'],
    entrypoint: ['/metallb-controller'],
    sizeBytes: 27_000_000,
  }),
  image('metallb/speaker', {
    libc: 'none',
    tools: 'none',
    programs: ['metallb-speaker'],
    entrypoint: ['/metallb-speaker'],
    sizeBytes: 49_000_000,
  }),
  // Listens on what the container declares, whatever that is (the conventions of conformance cases).
  image('listener', { programs: ['listener'], cmd: ['listener'], sizeBytes: 10 * MB }),
];

/** Images of OpenShift's builders that are not listed above: to build on, and where they listen. */
const BUILDERS: readonly Image[] = BUILDER_STREAMS.flatMap(({ tags }) =>
  tags.map((tag) =>
    image(tag.image.replace(/^.*\//, '').replace(/:.*$/, ''), {
      programs: ['listener'],
      cmd: ['listener', ...tag.ports.slice(0, 1).map(String)],
      exposedPorts: tag.ports,
      sizeBytes: tag.sizeBytes,
      user: '1001',
    }),
  ),
);

const BY_NAME: ReadonlyMap<string, Image> = new Map(
  [...BUILDERS, ...IMAGES].map((entry) => [entry.name, entry]),
);

/** An image that nobody knows listens on its container's declared ports. */
const UNKNOWN: Image = image('unknown', { programs: ['listener'], cmd: ['listener'] });

export interface FoundImage {
  readonly image: Image;
  readonly reference: ImageReference;
  readonly isKnown: boolean;
  /** The version that the tag stands for, '' when it tells nothing. */
  readonly version: string;
}

/** Finds what an image reference stands for; undefined when the reference is malformed. */
export function findImage(text: string): FoundImage | undefined {
  let found = FOUND.get(text);
  if (found === undefined) {
    found = { image: readReference(text) };
    FOUND.set(text, found);
  }
  return found.image;
}

/** Pods of a cluster run few images: what each reference stands for is found once. */
const FOUND = new Map<string, { readonly image: FoundImage | undefined }>();

function readReference(text: string): FoundImage | undefined {
  const reference = parseImageReference(text);
  if (reference === undefined) return undefined;
  const parts = reference.repository.split('/');
  // Names that say little alone stand here with the folder before them.
  const known = BY_NAME.get(parts.slice(-2).join('/')) ?? BY_NAME.get(parts.at(-1) ?? '');
  if (known === undefined) return { image: UNKNOWN, reference, isKnown: false, version: '' };
  return {
    image: variantOf(known, reference),
    reference,
    isKnown: true,
    version: versionOf(known, reference.tag),
  };
}

/** `-alpine` tags are Alpine images; bitnami's and other unprivileged builds listen above 1024. */
function variantOf(known: Image, reference: ImageReference): Image {
  if (reference.repository.startsWith('bitnami/') && known.name === 'nginx') {
    return { ...known, exposedPorts: [8080], env: [['NGINX_PORT', '8080']], user: '1001' };
  }
  if (/(^|-)alpine/.test(reference.tag) && known.libc === 'glibc') {
    return {
      ...known,
      libc: 'musl',
      tools: 'busybox',
      programs: [...known.programs, 'curl', 'getent'],
      sizeBytes: Math.round(known.sizeBytes * 0.3),
    };
  }
  if (known.name === 'busybox' && reference.tag.includes('musl')) return { ...known, libc: 'musl' };
  return known;
}

function versionOf(known: Image, tag: string): string {
  if (/^v?\d+\.\d+\.\d+/.test(tag)) return /\d+\.\d+\.\d+/.exec(tag)?.[0] ?? '';
  const plain = tag.replace(/-.*$/, '');
  let best: readonly [string, string] | undefined;
  for (const entry of known.versions) {
    if (entry[0] !== '' && !plain.startsWith(entry[0])) continue;
    if (best === undefined || entry[0].length > best[0].length) best = entry;
  }
  return best?.[1] ?? '';
}

const BUSYBOX_COMMANDS: readonly string[] = (
  'sh ash awk [ test cat date echo env false hostname httpd id ip kill ls nc netstat nslookup ping printenv ' +
  'printf ps pwd route seq sleep tail traceroute true uname wget whoami head grep wc touch mkdir ' +
  'ifconfig arp cut egrep sed sort tr uniq'
).split(' ');

const DISTRO_COMMANDS: readonly string[] = (
  'sh bash awk [ test cat date echo env false getent head hostname id ip kill ls nc ncat netstat nslookup ' +
  'ping printenv printf ps pwd seq sleep ss ssh tail traceroute tracepath true uname wget whoami curl ' +
  'dig host python3 python redis-cli grep wc touch mkdir ifconfig route arp tcpdump conntrack iptables ' +
  'iptables-save iptables-restore bridge nft sysctl cut egrep sed sort tr uniq'
).split(' ');

/** Names of the commands in an image. */
export function commandsOf(entry: Image): ReadonlySet<string> {
  let names = COMMANDS_OF.get(entry);
  if (names === undefined) {
    names = collectCommands(entry);
    COMMANDS_OF.set(entry, names);
  }
  return names;
}

const COMMANDS_OF = new WeakMap<Image, ReadonlySet<string>>();

function collectCommands(entry: Image): ReadonlySet<string> {
  const names = new Set<string>(entry.programs);
  const add = (list: readonly string[]): void => {
    for (const name of list) names.add(name);
  };
  switch (entry.tools) {
    case 'none':
      break;
    case 'busybox':
      add(BUSYBOX_COMMANDS);
      break;
    case 'distro':
      add(DISTRO_COMMANDS);
      break;
    case 'agnhost':
      add(BUSYBOX_COMMANDS);
      add(['curl', 'dig', 'host', 'getent', 'ss', 'iptables', 'conntrack', 'tcpdump', 'bash']);
      break;
  }
  return names;
}

/** Whether nslookup, ping, wget and nc are busybox applets there. */
export function isBusyboxImage(entry: Image): boolean {
  return entry.tools === 'busybox';
}

/** Names of all known images, for documentation and tests. */
export function imageNames(): readonly string[] {
  return IMAGES.map((entry) => entry.name);
}
