/**
 * Servers whose protocol nobody speaks here: they listen, take connections and log that they are ready.
 *
 * Not modelled: the protocols of mysql, postgres, mongo, memcached, rabbitmq and etcd beyond accepting.
 */
import { clock, isoDate } from '@podwire/base';
import type { Proc } from '@podwire/engine';
import type { CommandContext } from '../context.ts';
import { now, numberedErrno } from '../servers/http.ts';
import { discard, startTcpServer } from '../servers/tcp-echo.ts';

interface Daemon {
  readonly port: number;
  readonly portFlag: string;
  readonly ready: string;
  readonly refused: (reason: string) => string;
  /** Variables of which one must be set, as the image's entrypoint demands. */
  readonly needs?: { readonly anyOf: readonly string[]; readonly message: string };
}

const MYSQL_NEEDS = {
  anyOf: ['MYSQL_ROOT_PASSWORD', 'MYSQL_ALLOW_EMPTY_PASSWORD', 'MYSQL_RANDOM_ROOT_PASSWORD'],
  message:
    '[ERROR] [Entrypoint]: Database is uninitialized and password option is not specified\n    You need to specify one of the following as an environment variable:\n    - MYSQL_ROOT_PASSWORD\n    - MYSQL_ALLOW_EMPTY_PASSWORD\n    - MYSQL_RANDOM_ROOT_PASSWORD',
};

const DAEMONS: ReadonlyMap<string, Daemon> = new Map([
  [
    'mysqld',
    {
      port: 3306,
      portFlag: '--port',
      ready: '[System] [MY-010931] [Server] /usr/sbin/mysqld: ready for connections.',
      refused: (reason) =>
        `[ERROR] [MY-010262] [Server] Can't start server: Bind on TCP/IP port: ${reason}`,
      needs: MYSQL_NEEDS,
    },
  ],
  [
    'mariadbd',
    {
      port: 3306,
      portFlag: '--port',
      ready: '[Note] mariadbd: ready for connections.',
      refused: (reason) => `[ERROR] Can't start server: Bind on TCP/IP port. Got error: ${reason}`,
      needs: {
        anyOf: [
          'MARIADB_ROOT_PASSWORD',
          'MARIADB_ALLOW_EMPTY_ROOT_PASSWORD',
          'MARIADB_RANDOM_ROOT_PASSWORD',
          ...MYSQL_NEEDS.anyOf,
        ],
        message:
          '[ERROR] [Entrypoint]: Database is uninitialized and password option is not specified\n\tYou need to specify one of MARIADB_ROOT_PASSWORD, MARIADB_ROOT_PASSWORD_HASH, MARIADB_ALLOW_EMPTY_ROOT_PASSWORD and MARIADB_RANDOM_ROOT_PASSWORD',
      },
    },
  ],
  [
    'postgres',
    {
      port: 5432,
      portFlag: '-p',
      ready: 'LOG:  database system is ready to accept connections',
      refused: (reason) => `LOG:  could not bind IPv4 address "0.0.0.0": ${reason}`,
      needs: {
        anyOf: ['POSTGRES_PASSWORD', 'POSTGRES_HOST_AUTH_METHOD', 'POSTGRESQL_PASSWORD'],
        message:
          'Error: Database is uninitialized and superuser password is not specified.\n       You must specify POSTGRES_PASSWORD to a non-empty value for the\n       superuser.',
      },
    },
  ],
  [
    'mongod',
    {
      port: 27017,
      portFlag: '--port',
      ready: '{"s":"I","c":"NETWORK","msg":"Waiting for connections","attr":{"port":27017}}',
      refused: (reason) => `{"s":"E","c":"CONTROL","msg":"Failed to set up listener: ${reason}"}`,
    },
  ],
  [
    'memcached',
    {
      port: 11211,
      portFlag: '-p',
      ready: '',
      refused: (reason) => `failed to listen on TCP port 11211: ${reason}`,
    },
  ],
  [
    'rabbitmq-server',
    {
      port: 5672,
      portFlag: '--port',
      ready: ' completed with 3 plugins.',
      refused: (reason) => `Failed to start Ranch listener: ${reason}`,
    },
  ],
  [
    'etcd',
    {
      port: 2379,
      portFlag: '--listen-client-port',
      ready: '{"level":"info","msg":"ready to serve client requests"}',
      refused: (reason) =>
        `{"level":"fatal","msg":"discovery failed","error":"listen tcp: bind: ${reason}"}`,
    },
  ],
]);

export function* daemon(ctx: CommandContext, argv: readonly string[]): Proc<number> {
  const path = argv[0] ?? '';
  const name = path.slice(path.lastIndexOf('/') + 1);
  const known = DAEMONS.get(name);
  if (known === undefined) return 127;
  if (known.needs !== undefined && !known.needs.anyOf.some((variable) => ctx.env.has(variable))) {
    ctx.err(`${known.needs.message}\n`);
    return 1;
  }
  const flagAt = argv.indexOf(known.portFlag);
  const port = flagAt > 0 ? Number(argv[flagAt + 1]) : known.port;
  const server = startTcpServer(ctx, { port, program: name }, discard);
  const stamp = `${isoDate(now(ctx))} ${clock(now(ctx))}`;
  if (typeof server === 'string') {
    ctx.err(`${stamp} ${known.refused(numberedErrno(server).replace(/^\d+: /, ''))}\n`);
    return 1;
  }
  try {
    if (known.ready !== '') ctx.err(`${stamp} ${known.ready}\n`);
    yield* ctx.signals.untilTerminated();
    return 0;
  } finally {
    server.stop();
  }
}

export const DAEMON_NAMES: readonly string[] = [...DAEMONS.keys()];

/** The pause container: waits for its end. */
export function* pause(ctx: CommandContext, _argv: readonly string[]): Proc<number> {
  yield* ctx.signals.untilTerminated();
  ctx.out('Shutting down, got signal: Terminated\n');
  return 0;
}
