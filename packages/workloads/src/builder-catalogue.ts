/**
 * The builder and database images that an OpenShift cluster comes with: image streams of the namespace `openshift`.
 *
 * Streams, tags and sources as the cluster samples operator installs them (openshift/library official streams); of
 * each language the usual versions. An image is what the stream's tag points at; here it is told with its ports.
 */
export interface BuilderTag {
  readonly tag: string;
  /** `registry.redhat.io/ubi8/php-74:latest`. */
  readonly image: string;
  /** EXPOSE. */
  readonly ports: readonly number[];
  /** `io.k8s.display-name`, `io.k8s.description`, `io.openshift.tags` of the image. */
  readonly title: string;
  readonly about: string;
  readonly keywords: string;
  readonly sizeBytes: number;
  /** Ready to be run, not to build on. */
  readonly isBuilder: boolean;
}

export interface BuilderStream {
  readonly name: string;
  readonly displayName: string;
  readonly tags: readonly BuilderTag[];
  /** What `latest` stands for. */
  readonly latest: string;
}

interface Family {
  readonly name: string;
  readonly displayName: string;
  readonly about: (version: string) => string;
  readonly title?: (version: string) => string;
  readonly ports: readonly number[];
  readonly sizeMb: number;
  /** Without `builder`: databases. */
  readonly isBuilder?: boolean;
  /** Tag, UBI or RHEL release, image behind it. */
  readonly versions: readonly (readonly [tag: string, image: string])[];
}

function language(what: string): (version: string) => string {
  return (version) =>
    `${what} ${version} available as container is a base platform for building and running various ${what} ${version} applications and frameworks.`;
}

const FAMILIES: readonly Family[] = [
  {
    name: 'php',
    displayName: 'PHP',
    title: (version) => `Apache 2.4 with PHP ${version}`,
    about: language('PHP'),
    ports: [8080, 8443],
    sizeMb: 210,
    versions: [
      ['7.3-ubi7', 'ubi7/php-73'],
      ['7.4-ubi8', 'ubi8/php-74'],
      ['8.0-ubi8', 'ubi8/php-80'],
      ['8.0-ubi9', 'ubi9/php-80'],
      ['8.1-ubi9', 'ubi9/php-81'],
      ['8.2-ubi8', 'ubi8/php-82'],
      ['8.2-ubi9', 'ubi9/php-82'],
      ['8.3-ubi9', 'ubi9/php-83'],
    ],
  },
  {
    name: 'httpd',
    displayName: 'Apache HTTP Server (httpd)',
    title: (version) => `Apache httpd ${version}`,
    about: (version) =>
      `Apache httpd ${version} available as container, is a powerful, efficient, and extensible web server.`,
    ports: [8080, 8443],
    sizeMb: 141,
    versions: [
      ['2.4-ubi8', 'ubi8/httpd-24'],
      ['2.4-ubi9', 'ubi9/httpd-24'],
    ],
  },
  {
    name: 'nginx',
    displayName: 'Nginx HTTP server and a reverse proxy (nginx)',
    title: (version) => `Nginx ${version}`,
    about: () =>
      'Nginx is a web server and a reverse proxy server for HTTP, SMTP, POP3 and IMAP protocols, with a strong focus on high concurrency, performance and low memory usage.',
    ports: [8080, 8443],
    sizeMb: 98,
    versions: [
      ['1.22-ubi8', 'ubi8/nginx-122'],
      ['1.22-ubi9', 'ubi9/nginx-122'],
      ['1.24-ubi9', 'ubi9/nginx-124'],
    ],
  },
  {
    name: 'nodejs',
    displayName: 'Node.js',
    title: (version) => `Node.js ${version}`,
    about: language('Node.js'),
    ports: [8080],
    sizeMb: 196,
    versions: [
      ['16-ubi8', 'ubi8/nodejs-16'],
      ['18-ubi8', 'ubi8/nodejs-18'],
      ['18-ubi9', 'ubi9/nodejs-18'],
      ['20-ubi8', 'ubi8/nodejs-20'],
      ['20-ubi9', 'ubi9/nodejs-20'],
      ['22-ubi9', 'ubi9/nodejs-22'],
    ],
  },
  {
    name: 'python',
    displayName: 'Python',
    title: (version) => `Python ${version}`,
    about: language('Python'),
    ports: [8080],
    sizeMb: 316,
    versions: [
      ['3.6-ubi8', 'ubi8/python-36'],
      ['3.8-ubi8', 'ubi8/python-38'],
      ['3.9-ubi8', 'ubi8/python-39'],
      ['3.9-ubi9', 'ubi9/python-39'],
      ['3.11-ubi9', 'ubi9/python-311'],
      ['3.12-ubi9', 'ubi9/python-312'],
    ],
  },
  {
    name: 'ruby',
    displayName: 'Ruby',
    title: (version) => `Ruby ${version}`,
    about: language('Ruby'),
    ports: [8080],
    sizeMb: 230,
    versions: [
      ['2.5-ubi8', 'ubi8/ruby-25'],
      ['3.0-ubi9', 'ubi9/ruby-30'],
      ['3.1-ubi8', 'ubi8/ruby-31'],
      ['3.3-ubi9', 'ubi9/ruby-33'],
    ],
  },
  {
    name: 'perl',
    displayName: 'Perl',
    title: (version) => `Apache 2.4 with mod_fcgid and Perl ${version}`,
    about: language('Perl'),
    ports: [8080, 8443],
    sizeMb: 225,
    versions: [
      ['5.26-ubi8', 'ubi8/perl-526'],
      ['5.32-ubi9', 'ubi9/perl-532'],
    ],
  },
  {
    name: 'golang',
    displayName: 'Go',
    title: (version) => `Go ${version}`,
    about: () => 'Platform for building and running Go Applications',
    ports: [8080],
    sizeMb: 390,
    versions: [['1.22-ubi9', 'ubi9/go-toolset']],
  },
  {
    name: 'dotnet',
    displayName: '.NET',
    title: (version) => `.NET ${version}`,
    about: (version) => `Platform for building and running .NET ${version} applications`,
    ports: [8080],
    sizeMb: 210,
    versions: [
      ['6.0-ubi8', 'ubi8/dotnet-60'],
      ['8.0-ubi8', 'ubi8/dotnet-80'],
      ['8.0-ubi9', 'ubi9/dotnet-80'],
    ],
  },
  {
    name: 'java',
    displayName: 'Red Hat OpenJDK',
    title: () => 'Java Applications',
    about: () =>
      'Platform for building and running plain Java applications (fat-jar and flat classpath)',
    ports: [8080, 8443],
    sizeMb: 155,
    versions: [
      ['8', 'ubi8/openjdk-8'],
      ['11', 'ubi8/openjdk-11'],
      ['openjdk-17-ubi8', 'ubi8/openjdk-17'],
      ['openjdk-21-ubi8', 'ubi8/openjdk-21'],
    ],
  },
  {
    name: 'mysql',
    displayName: 'MySQL',
    title: (version) => `MySQL ${version}`,
    about: () =>
      'MySQL is a multi-user, multi-threaded SQL database server. The container image provides a containerized packaging of the MySQL mysqld daemon and client application.',
    ports: [3306],
    sizeMb: 180,
    isBuilder: false,
    versions: [['8.0-el8', 'rhel8/mysql-80']],
  },
  {
    name: 'mariadb',
    displayName: 'MariaDB',
    title: (version) => `MariaDB ${version}`,
    about: () =>
      'MariaDB is a multi-user, multi-threaded SQL database server. The container image provides a containerized packaging of the MariaDB mysqld daemon and client application.',
    ports: [3306],
    sizeMb: 190,
    isBuilder: false,
    versions: [
      ['10.3-el8', 'rhel8/mariadb-103'],
      ['10.5-el9', 'rhel9/mariadb-105'],
    ],
  },
  {
    name: 'postgresql',
    displayName: 'PostgreSQL',
    title: (version) => `PostgreSQL ${version}`,
    about: () =>
      'PostgreSQL is an advanced Object-Relational database management system (DBMS). The image contains the client and server programs that you need to create, run, maintain and access a PostgreSQL DBMS server.',
    ports: [5432],
    sizeMb: 170,
    isBuilder: false,
    versions: [
      ['12-el8', 'rhel8/postgresql-12'],
      ['13-el8', 'rhel8/postgresql-13'],
      ['15-el9', 'rhel9/postgresql-15'],
    ],
  },
  {
    name: 'redis',
    displayName: 'Redis',
    title: (version) => `Redis ${version}`,
    about: () => 'Redis is available as container: an advanced key-value store.',
    ports: [6379],
    sizeMb: 105,
    isBuilder: false,
    versions: [['6-el8', 'rhel8/redis-6']],
  },
];

const MB = 1_000_000;

function tagOf(family: Family, [tag, repository]: Family['versions'][number]): BuilderTag {
  const version = tag.split('-')[0] ?? tag;
  const isBuilder = family.isBuilder ?? true;
  const short = repository.slice(repository.lastIndexOf('/') + 1);
  const keywords = [isBuilder ? 'builder' : 'database', family.name, short.replace('-', ''), short];
  return {
    tag,
    image: `registry.redhat.io/${repository}:latest`,
    ports: family.ports,
    title: family.title?.(version) ?? `${family.displayName} ${version}`,
    about: family.about(version),
    keywords: keywords.join(','),
    sizeBytes: family.sizeMb * MB,
    isBuilder,
  };
}

/** All streams; `latest` follows the last of the versions. */
export const BUILDER_STREAMS: readonly BuilderStream[] = FAMILIES.map((family) => ({
  name: family.name,
  displayName: family.displayName,
  tags: family.versions.map((version) => tagOf(family, version)),
  latest: family.versions.at(-1)?.[0] ?? '',
}));

/** The catalogue's entry behind an image, by the last part of its repository. */
export function builderImage(repository: string): BuilderTag | undefined {
  return BY_NAME.get(repository.slice(repository.lastIndexOf('/') + 1));
}

const BY_NAME: ReadonlyMap<string, BuilderTag> = new Map(
  BUILDER_STREAMS.flatMap(({ tags }) =>
    tags.map((tag) => [tag.image.replace(/^.*\//, '').replace(/:.*$/, ''), tag] as const),
  ),
);
