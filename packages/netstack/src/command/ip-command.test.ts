/**
 * `ip`, `bridge` and `ss` word for word as iproute2 6.1 printed them on Linux 6.18 (MAC addresses aside).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatMac, ip, mac } from '@podwire/base';
import { createVethPair } from '../dev/veth.ts';
import { Lab } from '../lab.ts';
import { udpOpen } from '../socket/udp.ts';
import { bridgeCommand } from './bridge-command.ts';
import { ipCommand } from './ip-command.ts';
import { ssCommand } from './ss-command.ts';

function setUp(): (words: string) => string {
  const lab = new Lab();
  const host = lab.host('n1');
  const run = (words: string): string => {
    const argv = words.split(' ');
    const result =
      argv[0] === 'bridge'
        ? bridgeCommand(host.ns, argv.slice(1))
        : argv[0] === 'ss'
          ? ssCommand(host.ns, argv.slice(1))
          : ipCommand(host.ns, argv);
    return result.stdout + result.stderr;
  };
  run('link add d0 type veth peer name e0');
  run('link set e0 up');
  run('link set d0 up');
  run('link add d1 type veth peer name e1');
  return run;
}

test('addresses: refused, added, shown', () => {
  const run = setUp();
  assert.equal(run('addr add 10.0.0.1/24 dev d0'), '');
  assert.equal(run('addr add 10.0.0.1/24 dev d0'), 'Error: ipv4: Address already assigned.\n');
  assert.equal(run('addr del 10.0.0.9/24 dev d0'), 'Error: ipv4: Address not found.\n');
  assert.equal(
    run('addr add 10.0.0.300/24 dev d0'),
    'Error: any valid prefix is expected rather than "10.0.0.300/24".\n',
  );
  assert.equal(run('addr add 10.0.0.2/24 dev nope'), 'Cannot find device "nope"\n');
  assert.equal(
    run('-4 addr show d0').replace(/^\d+/, '3'),
    [
      '3: d0@e0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000',
      '    inet 10.0.0.1/24 scope global d0',
      '       valid_lft forever preferred_lft forever',
      '',
    ].join('\n'),
  );
  assert.equal(
    run('-4 -o addr show d0').replace(/^\d+/, '3'),
    '3: d0    inet 10.0.0.1/24 scope global d0\\       valid_lft forever preferred_lft forever\n',
  );
  assert.equal(run('-br -4 addr show d0'), 'd0@e0            UP             10.0.0.1/24 \n');
  assert.equal(run('addr show nope'), 'Device "nope" does not exist.\n');
});

test('routes: refused, added, shown, asked', () => {
  const run = setUp();
  run('addr add 10.0.0.1/24 dev d0');
  const rows: [string, string][] = [
    ['route add 10.9.0.0/16 via 10.0.0.5', ''],
    ['route add 10.9.0.0/16 via 10.0.0.5', 'RTNETLINK answers: File exists\n'],
    ['route del 10.8.0.0/16', 'RTNETLINK answers: No such process\n'],
    ['route add 10.7.0.1/16 via 10.0.0.5', 'Error: Invalid prefix for given prefix length.\n'],
    ['route add 10.7.0.0/16 via 10.99.0.5', 'Error: Nexthop has invalid gateway.\n'],
    ['route add 10.7.0.0/16 dev d1', 'Error: Device for nexthop is not up.\n'],
    ['route add 10.7.0.0/16 via 10.0.0.5 dev nope', 'Cannot find device "nope"\n'],
    ['route add 10.7.0.0/16 via 10.99.0.5 dev d0', 'Error: Nexthop has invalid gateway.\n'],
    ['route add 10.7.0.0/16 via 10.99.0.5 dev d0 onlink', ''],
    ['route add 10.6.0.0/16', 'RTNETLINK answers: No such device\n'],
    ['route add 10.6.0.0/16 via', 'Command line is not complete. Try option "help"\n'],
    ['route add 10.6.0.0/16 foo', 'Error: either "to" is duplicate, or "foo" is a garbage.\n'],
    ['route add unreachable 10.6.0.0/16', ''],
    ['route add blackhole 10.5.0.0/16 metric 7', ''],
    ['route add prohibit 10.4.0.0/16', ''],
    ['route add throw 10.3.0.0/16', ''],
    ['route add 10.2.0.0/16 dev d0 src 10.0.0.1 mtu 1400 metric 5', ''],
    ['route add default via 10.0.0.254 proto static', ''],
    ['route add 10.1.0.0/16 dev d0 src 10.55.0.1', 'Error: Invalid prefsrc address.\n'],
    ['route add 169.254.1.1 dev d0 scope link', ''],
    ['route add 10.11.0.0/16 dev d0 table 100', ''],
    ['route show table 100', '10.11.0.0/16 dev d0 scope link \n'],
    ['route show table 77', 'Error: ipv4: FIB table does not exist.\nDump terminated\n'],
    ['route get 10.9.1.1', '10.9.1.1 via 10.0.0.5 dev d0 src 10.0.0.1 uid 0 \n    cache \n'],
    ['route get 10.0.0.1', 'local 10.0.0.1 dev lo src 10.0.0.1 uid 0 \n    cache <local> \n'],
    ['route get 10.6.0.1', 'RTNETLINK answers: No route to host\n'],
    ['route get 10.5.0.1', 'RTNETLINK answers: Invalid argument\n'],
    ['route get 10.4.0.1', 'RTNETLINK answers: Permission denied\n'],
    ['route foo', 'Command "foo" is unknown, try "ip route help".\n'],
    ['foo', 'Object "foo" is unknown, try "ip help".\n'],
  ];
  for (const [words, expected] of rows) assert.equal(run(words), expected, words);
  assert.equal(
    run('r'),
    [
      'default via 10.0.0.254 dev d0 proto static ',
      '10.0.0.0/24 dev d0 proto kernel scope link src 10.0.0.1 ',
      '10.2.0.0/16 dev d0 scope link src 10.0.0.1 metric 5 mtu 1400 ',
      'throw 10.3.0.0/16 ',
      'prohibit 10.4.0.0/16 ',
      'blackhole 10.5.0.0/16 metric 7 ',
      'unreachable 10.6.0.0/16 ',
      '10.7.0.0/16 via 10.99.0.5 dev d0 onlink ',
      '10.9.0.0/16 via 10.0.0.5 dev d0 ',
      '169.254.1.1 dev d0 scope link ',
      '',
    ].join('\n'),
  );
  assert.match(
    run('route show table local'),
    /^local 10\.0\.0\.1 dev d0 proto kernel scope host src 10\.0\.0\.1 \nbroadcast 10\.0\.0\.255 dev d0 proto kernel scope link src 10\.0\.0\.1 \n/,
  );
  run('link set d0 down');
  assert.equal(
    run('route'),
    'throw 10.3.0.0/16 \nprohibit 10.4.0.0/16 \nblackhole 10.5.0.0/16 metric 7 \nunreachable 10.6.0.0/16 \n',
  );
  run('link set d0 up');
  assert.match(run('route'), /^10\.0\.0\.0\/24 dev d0 proto kernel scope link src 10\.0\.0\.1 \n/);
});

test('neighbours and rules', () => {
  const run = setUp();
  run('addr add 10.0.0.1/24 dev d0');
  const rows: [string, string][] = [
    ['neigh add 10.0.0.77 lladdr 02:00:00:00:00:01 dev d0', ''],
    ['neigh add 10.0.0.77 lladdr 02:00:00:00:00:01 dev d0', 'RTNETLINK answers: File exists\n'],
    ['neigh del 10.0.0.78 dev d0', 'RTNETLINK answers: No such file or directory\n'],
    ['neigh replace 10.0.0.79 lladdr 02:00:00:00:00:01 dev d0 nud stale', ''],
    ['neigh add 10.0.0.80 dev d0', 'Error: No link layer address given.\n'],
    [
      'n',
      '10.0.0.77 dev d0 lladdr 02:00:00:00:00:01 PERMANENT \n10.0.0.79 dev d0 lladdr 02:00:00:00:00:01 STALE \n',
    ],
    ['rule add fwmark 0x1 table 100', ''],
    ['rule add from 10.0.0.0/8 to 10.1.0.0/16 iif d0 lookup 100 priority 77', ''],
    [
      'rule',
      '0:\tfrom all lookup local\n77:\tfrom 10.0.0.0/8 to 10.1.0.0/16 iif d0 lookup 100\n32765:\tfrom all fwmark 0x1 lookup 100\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n',
    ],
  ];
  for (const [words, expected] of rows) assert.equal(run(words), expected, words);
});

test('links: veth pairs, carrier, bridges, MTU limits', () => {
  const lab = new Lab();
  const host = lab.host('n1');
  const pod = host.pod('pod');
  const [v0] = createVethPair(host.ns, 'v0', pod, 'v1', { macA: mac('02:00:00:00:00:0a') });
  const run = (...argv: string[]): string => {
    const result = ipCommand(host.ns, argv);
    return result.stdout + result.stderr;
  };
  run('link', 'set', 'v0', 'up');
  assert.equal(
    run('link', 'show', 'v0'),
    `${v0.ifindex}: v0@if2: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue state DOWN mode DEFAULT group default qlen 1000\n    link/ether 02:00:00:00:00:0a brd ff:ff:ff:ff:ff:ff link-netnsid 0\n`,
  );
  ipCommand(pod, ['link', 'set', 'v1', 'up']);
  assert.match(
    run('link', 'show', 'v0'),
    /<BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 .* state UP /,
  );
  assert.equal(run('link', 'set', 'nope', 'up'), 'Cannot find device "nope"\n');
  assert.equal(run('link', 'add', 'v0', 'type', 'bridge'), 'RTNETLINK answers: File exists\n');
  assert.equal(
    run('link', 'set', 'v0', 'mtu', '70000'),
    'Error: mtu greater than device maximum.\n',
  );
  run('link', 'add', 'br0', 'type', 'bridge');
  run('link', 'set', 'br0', 'up');
  assert.match(run('link', 'show', 'br0'), /NO-CARRIER/);
  run('link', 'set', 'v0', 'master', 'br0');
  // The bridge takes the least MAC and MTU of its ports.
  assert.match(run('link', 'show', 'br0'), /02:00:00:00:00:0a/);
  assert.equal(
    bridgeCommand(host.ns, ['link']).stdout,
    `${v0.ifindex}: v0@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 master br0 state forwarding priority 32 cost 2 \n`,
  );
  assert.match(
    bridgeCommand(host.ns, ['fdb']).stdout,
    /^02:00:00:00:00:0a dev v0 master br0 permanent\n/,
  );
  pod.destroy();
  assert.equal(run('link', 'show', 'v0'), 'Device "v0" does not exist.\n');
  assert.equal(formatMac(v0.mac), '02:00:00:00:00:0a');
});

test('ss prints its columns', () => {
  const lab = new Lab();
  const { ns } = lab.host('n1');
  const server = udpOpen(ns, { ip: ip('127.0.0.1'), port: 5353 });
  assert.ok(typeof server !== 'string');
  assert.equal(
    ssCommand(ns, ['-uan']).stdout,
    'State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n' +
      'UNCONN 0      0          127.0.0.1:5353      0.0.0.0:*          \n',
  );
});
