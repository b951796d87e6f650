/**
 * All programs by name: commands that people type and servers that images run.
 */
import type { Command } from './context.ts';
import { awk } from './commands/awk.ts';
import * as basic from './commands/basic.ts';
import { crictl, docker } from './commands/cri.ts';
import { curl } from './commands/curl.ts';
import { dig } from './commands/dig.ts';
import { getaddrinfoCommand } from './commands/getaddrinfo.ts';
import { nc } from './commands/nc.ts';
import * as net from './commands/net-tools.ts';
import { getent, host, nslookup } from './commands/nslookup.ts';
import { ping } from './commands/ping.ts';
import { redisCli } from './commands/redis-cli.ts';
import { sh } from './commands/sh.ts';
import { ssh } from './commands/ssh.ts';
import { jq } from './commands/jq.ts';
import { sed } from './commands/sed.ts';
import * as text from './commands/text-tools.ts';
import { tracepath, traceroute } from './commands/traceroute.ts';
import { wget } from './commands/wget.ts';
import { agnhost } from './programs/agnhost.ts';
import { deploy, dockerBuild, gitClone, manageDockerfile, stiBuild } from './programs/builder.ts';
import { DAEMON_NAMES, daemon, pause } from './programs/daemons.ts';
import { entrypoint } from './programs/entrypoint.ts';
import { echoserver, helloApp, helloOpenshift, httpEcho, whoami } from './programs/go-servers.ts';
import { apache } from './programs/httpd.ts';
import { listener } from './programs/listener.ts';
import { nginx } from './programs/nginx.ts';
import { python } from './programs/python.ts';
import { redisServer } from './programs/redis.ts';

/** traefik's whoami where there is no shell, coreutils' where there is one. */
const whoamiOf: Command = (ctx, argv) =>
  ctx.commands?.has('sh') === false ? whoami(ctx, argv) : basic.whoamiCommand(ctx, argv);

export const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  // what people type
  ['[', basic.test],
  ['arp', net.arp],
  ['ash', sh],
  ['awk', awk],
  ['bash', sh],
  ['bridge', net.bridge],
  ['cat', basic.cat],
  ['conntrack', net.conntrack],
  ['crictl', crictl],
  ['curl', curl],
  ['cut', text.cut],
  ['date', basic.date],
  ['dig', dig],
  ['docker', docker],
  ['echo', basic.echo],
  ['egrep', text.grep],
  ['env', basic.env],
  ['false', basic.no1],
  ['getaddrinfo', getaddrinfoCommand],
  ['getent', getent],
  ['grep', text.grep],
  ['head', text.head],
  ['host', host],
  ['hostname', basic.hostname],
  ['id', basic.id],
  ['ifconfig', net.ifconfig],
  ['ip', net.ip],
  ['iptables', net.iptablesCommand],
  ['iptables-restore', net.iptablesRestoreCommand],
  ['iptables-save', net.iptablesSaveCommand],
  ['jq', jq],
  ['kill', basic.kill],
  ['ls', basic.ls],
  ['mkdir', basic.yes0],
  ['nc', nc],
  ['ncat', nc],
  ['netstat', net.netstat],
  ['nft', net.nft],
  ['nslookup', nslookup],
  ['ping', ping],
  ['printenv', basic.printenv],
  ['printf', basic.printf],
  ['ps', basic.ps],
  ['pwd', basic.pwd],
  ['redis-cli', redisCli],
  ['route', net.route],
  ['sed', sed],
  ['seq', basic.seq],
  ['sh', sh],
  ['sleep', basic.sleep],
  ['sort', text.sort],
  ['ss', net.ss],
  ['ssh', ssh],
  ['sysctl', net.sysctl],
  ['tail', text.tail],
  ['tcpdump', net.tcpdump],
  ['test', basic.test],
  ['touch', basic.touch],
  ['tracepath', tracepath],
  ['tr', text.tr],
  ['traceroute', traceroute],
  ['true', basic.yes0],
  ['uname', basic.uname],
  ['uniq', text.uniq],
  ['wc', text.wc],
  ['wget', wget],
  ['zsh', sh],
  // what images run
  ['agnhost', agnhost],
  ['coredns', pause],
  ['docker-entrypoint.sh', entrypoint],
  ['echoserver', echoserver],
  ['entrypoint.sh', entrypoint],
  ['hello-app', helloApp],
  ['hello-openshift', helloOpenshift],
  ['http-echo', httpEcho],
  ['httpd', apache],
  ['httpd-foreground', apache],
  ['listener', listener],
  ['nginx', nginx],
  ['metallb-controller', pause],
  ['metallb-speaker', pause],
  ['nginx-ingress-controller', pause],
  ['openshift-router', pause],
  ['openshift-deploy', deploy],
  ['openshift-docker-build', dockerBuild],
  ['openshift-git-clone', gitClone],
  ['openshift-manage-dockerfile', manageDockerfile],
  ['openshift-sti-build', stiBuild],
  ['pause', pause],
  ['python', python],
  ['python3', python],
  ['redis-server', redisServer],
  ['run', apache],
  ['run-httpd', apache],
  ['whoami', whoamiOf],
  ...DAEMON_NAMES.map((name): [string, Command] => [name, daemon]),
]);
