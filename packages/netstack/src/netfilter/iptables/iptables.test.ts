/**
 * Rules in, rules out: what iptables-restore accepts and how iptables-save prints it, recorded from
 * iptables 1.8.9 (nf_tables) on Linux 6.18; and its errors.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makePacket, makeTestNs, forwardThrough } from '../test-ns.ts';
import { iptables } from './command.ts';
import { iptablesRestore } from './restore.ts';
import { iptablesSave } from './save.ts';

/** [rule as typed, rule as printed; '=' when they are the same]. */
const FILTER_RULES: readonly (readonly [string, string])[] = [
  ['-p tcp -m tcp --dport 80 -j ZED', '='],
  [
    '-s 10.0.0.1 -p udp --dport 10:20 -m comment --comment "x y" -j ABC',
    '-s 10.0.0.1/32 -p udp -m udp --dport 10:20 -m comment --comment "x y" -j ABC',
  ],
  [
    '-p icmp --icmp-type 8 -j REJECT',
    '-p icmp -m icmp --icmp-type 8 -j REJECT --reject-with icmp-port-unreachable',
  ],
  [
    '-p tcp --syn -j REJECT --reject-with tcp-reset',
    '-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j REJECT --reject-with tcp-reset',
  ],
  [
    '-m recent --rcheck --seconds 10 --reap --name FOO --rsource -j ACCEPT',
    '-m recent --rcheck --seconds 10 --reap --name FOO --mask 255.255.255.255 --rsource -j ACCEPT',
  ],
  [
    '-m multiport -p tcp --dports 80,443,1:5 -j ACCEPT',
    '-p tcp -m multiport --dports 80,443,1:5 -j ACCEPT',
  ],
  ['-m mac --mac-source aa:bb:cc:dd:ee:ff', '='],
  ['-m physdev --physdev-in veth0 -j ACCEPT', '='],
  ['-m limit --limit 5/min --limit-burst 3 -j ACCEPT', '='],
  ['-m limit --limit 1/s', '-m limit --limit 1/sec'],
  ['-m limit --limit 100/h', '-m limit --limit 100/hour'],
  ['-m state --state NEW,ESTABLISHED -j ACCEPT', '='],
  ['-m iprange --src-range 10.0.0.1-10.0.0.9 -j ACCEPT', '='],
  ['-m length --length 10:100 -j ACCEPT', '='],
  ['-m length --length 100', '='],
  ['-m ttl --ttl-lt 5 -j ACCEPT', '='],
  ['-m pkttype --pkt-type broadcast -j ACCEPT', '='],
  ['-m addrtype --dst-type LOCAL --limit-iface-in -j ACCEPT', '='],
  ['-m addrtype ! --src-type BROADCAST -j ACCEPT', '='],
  ['-m addrtype --dst-type LOCAL,UNICAST', '-m addrtype --dst-type UNICAST,LOCAL'],
  [
    '-m conntrack --ctstate DNAT,NEW --ctorigdst 10.0.0.1 --ctorigdstport 80 --ctdir ORIGINAL -j ACCEPT',
    '-m conntrack --ctstate NEW,DNAT --ctorigdst 10.0.0.1 --ctorigdstport 80 --ctdir ORIGINAL -j ACCEPT',
  ],
  ['-m conntrack --ctstatus ASSURED', '='],
  ['-m mark --mark 0x4000/0x4000 -j ACCEPT', '='],
  ['-m mark ! --mark 0x0', '='],
  ['-m connmark --mark 1 -j ACCEPT', '-m connmark --mark 0x1 -j ACCEPT'],
  ['-m statistic --mode nth --every 3 --packet 1 -j ACCEPT', '='],
  [
    '-m statistic --mode random --probability 0.3 -j LOG --log-prefix "a b"',
    '-m statistic --mode random --probability 0.29999999981 -j LOG --log-prefix "a b"',
  ],
  [
    '-m statistic --mode random ! --probability 0.5',
    '-m statistic --mode random ! --probability 0.50000000000',
  ],
  ['-i eth+ -o br0 -f -p 50 -g ABC', '-i eth+ -o br0 -p esp -f -g ABC'],
  ['! -i lo ! -s 10.0.0.0/8 ! -p tcp', '! -s 10.0.0.0/8 ! -i lo ! -p tcp'],
  ['-s 10.0.0.1/255.0.255.0', '-s 10.0.0.0/255.0.255.0'],
  ['-s 0/0 -j ACCEPT', '-j ACCEPT'],
  ['-i + -j ACCEPT', '-j ACCEPT'],
  ['-p udp --dport :80', '-p udp -m udp --dport 0:80'],
  ['-p tcp --tcp-option 5', '-p tcp -m tcp --tcp-option 5'],
  ['-p 0 -j ACCEPT', '-j ACCEPT'],
  [
    '-p tcp --dport 80 -m comment --comment foo',
    '-p tcp -m tcp --dport 80 -m comment --comment foo',
  ],
  ['-p icmp --icmp-type any', '-p icmp -m icmp --icmp-type any'],
  ['-p icmp --icmp-type port-unreachable', '-p icmp -m icmp --icmp-type 3/3'],
  ['-p tcp ! --syn', '-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN'],
  ['-p tcp --tcp-flags ALL NONE', '-p tcp -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG NONE'],
  ['-p tcp --dport 0:65535', '-p tcp -m tcp'],
  [
    '-m recent --update --seconds 5 --hitcount 3 --rttl --name x',
    '-m recent --update --seconds 5 --hitcount 3 --rttl --name x --mask 255.255.255.255 --rsource',
  ],
  ['-p udp -m udp', '='],
  ['-j LOG --log-level debug', '-j LOG --log-level 7'],
  ['-p sctp --dport 80', '-p sctp -m sctp --dport 80'],
  ['-p tcp -m multiport ! --ports 80', '='],
  ['-p tcp --sport 1:65535', '-p tcp -m tcp --sport 1:65535'],
];

const OTHER_RULES: readonly (readonly [string, string, string, string])[] = [
  [
    'nat',
    'PREROUTING',
    '-p tcp --dport 80 -j REDIRECT --to-ports 8080',
    '-p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080',
  ],
  [
    'nat',
    'PREROUTING',
    '-p tcp -m tcp --dport 81 -j DNAT --to-destination 10.0.0.1-10.0.0.3:80-90',
    '=',
  ],
  [
    'nat',
    'PREROUTING',
    '-p tcp -m tcp --dport 82 -j DNAT --to-destination 10.0.0.1:80 --random --persistent',
    '=',
  ],
  ['nat', 'POSTROUTING', '-j SNAT --to-source 10.0.0.9 --random-fully', '='],
  ['nat', 'POSTROUTING', '-p tcp -j MASQUERADE --to-ports 1000-2000 --random', '='],
  ['mangle', 'PREROUTING', '-j MARK --or-mark 0x4000', '-j MARK --set-xmark 0x4000/0x4000'],
  ['mangle', 'PREROUTING', '-j MARK --xor-mark 0x4000', '-j MARK --set-xmark 0x4000/0x0'],
  ['mangle', 'PREROUTING', '-j MARK --set-mark 5', '-j MARK --set-xmark 0x5/0xffffffff'],
  ['mangle', 'PREROUTING', '-j MARK --and-mark 0xff', '-j MARK --set-xmark 0x0/0xffffff00'],
  [
    'mangle',
    'PREROUTING',
    '-j CONNMARK --save-mark',
    '-j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff',
  ],
  ['mangle', 'PREROUTING', '-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff', '='],
  ['mangle', 'PREROUTING', '-j CONNMARK --set-mark 3', '-j CONNMARK --set-xmark 0x3/0xffffffff'],
  ['raw', 'PREROUTING', '-p udp -j NOTRACK', '='],
  ['raw', 'PREROUTING', '-p tcp -j CT --notrack', '='],
  ['raw', 'PREROUTING', '-p tcp -j CT --zone 3', '='],
];

test('every rule prints as iptables-save prints it, and what is printed reads back the same', () => {
  const rows = [
    ...FILTER_RULES.map(([typed, printed]) => ['filter', 'FORWARD', typed, printed] as const),
    ...OTHER_RULES,
  ];
  for (const [table, chain, typed, printed] of rows) {
    const { ns } = makeTestNs();
    iptables(ns, ['-N', 'ABC']);
    iptables(ns, ['-N', 'ZED']);
    const text = `*${table}\n-A ${chain} ${typed}\nCOMMIT\n`;
    assert.equal(iptablesRestore(ns, text, { noflush: true }), undefined, typed);
    const want = `-A ${chain} ${printed === '=' ? typed : printed}`;
    const saved = iptablesSave(ns);
    assert.ok(saved.includes(`${want}\n`), `${want}\n${saved}`);
    const again = makeTestNs();
    assert.equal(iptablesRestore(again.ns, saved), undefined);
    assert.equal(iptablesSave(again.ns), saved);
  }
});

test('tables and chains come in the order of the nf_tables flavour', () => {
  const { ns } = makeTestNs();
  iptablesRestore(
    ns,
    '*nat\nCOMMIT\n*filter\n:FORWARD DROP [3:4]\n:ZED - [0:0]\n:ABC - [0:0]\n:ABC-TOO - [0:0]\nCOMMIT\n*raw\nCOMMIT\n',
  );
  assert.equal(
    iptablesSave(ns, { counters: true }),
    [
      '*raw',
      ':PREROUTING ACCEPT [0:0]',
      ':OUTPUT ACCEPT [0:0]',
      'COMMIT',
      '*filter',
      ':INPUT ACCEPT [0:0]',
      ':FORWARD DROP [0:0]',
      ':OUTPUT ACCEPT [0:0]',
      ':ABC - [0:0]',
      ':ABC-TOO - [0:0]',
      ':ZED - [0:0]',
      'COMMIT',
      '*nat',
      ':PREROUTING ACCEPT [0:0]',
      ':INPUT ACCEPT [0:0]',
      ':OUTPUT ACCEPT [0:0]',
      ':POSTROUTING ACCEPT [0:0]',
      'COMMIT',
      '',
    ].join('\n'),
  );
});

const TRY = "Try `iptables-restore -h' or 'iptables-restore --help' for more information.\n";
const FRONT = 'iptables-restore v1.8.9 (nf_tables): ';
const at = (line: number): string => `Error occurred at line: ${line}\n${TRY}`;

const ERRORS: readonly (readonly [string, number, string])[] = [
  ['*filter\n-A FORWARD -j NOPE\nCOMMIT\n', 2, `${FRONT}Chain 'NOPE' does not exist\n${at(3)}`],
  [
    '*filter\n-A NOCHAIN -j ACCEPT\nCOMMIT\n',
    1,
    'iptables-restore: line 2 failed: No chain/target/match by that name.\n',
  ],
  [
    '*filter\n-A FORWARD -m nope -j ACCEPT\nCOMMIT\n',
    2,
    `${FRONT}Couldn't load match \`nope':No such file or directory\n\n${at(2)}`,
  ],
  [
    '*filter\n-A FORWARD --dport 80 -j ACCEPT\nCOMMIT\n',
    2,
    `${FRONT}unknown option "--dport"\n${at(2)}`,
  ],
  [
    '*filter\n-A FORWARD -p tcp --dport x -j ACCEPT\nCOMMIT\n',
    2,
    `${FRONT}invalid port/service \`x' specified\n${at(2)}`,
  ],
  [
    '*filter\n-A FORWARD -s 1.2.3.400 -j ACCEPT\nCOMMIT\n',
    2,
    `${FRONT}host/network \`1.2.3.400' not found\n${at(2)}`,
  ],
  [
    '*filter\n-A FORWARD -j DNAT --to-destination 1.2.3.4\nCOMMIT\n',
    4,
    `${FRONT}\nline 2: RULE_APPEND failed (Invalid argument): rule in chain FORWARD\n`,
  ],
  [
    '*nat\n-A POSTROUTING -j DNAT --to-destination 1.2.3.4\nCOMMIT\n',
    4,
    `${FRONT}\nline 2: RULE_APPEND failed (Invalid argument): rule in chain POSTROUTING\n`,
  ],
  ['*bogus\nCOMMIT\n', 2, `${FRONT}iptables-restore: line 1 table name 'bogus' invalid\n${at(1)}`],
  [
    '*filter\n-X NOEX\nCOMMIT\n',
    1,
    'iptables-restore: line 2 failed: No chain/target/match by that name.\n',
  ],
  ['*filter\n-A FORWARD -j ACCEPT\n', 1, 'iptables-restore: COMMIT expected at line 3\n'],
  [
    '*nat\n-A PREROUTING -p tcp -j DNAT\nCOMMIT\n',
    2,
    `${FRONT}DNAT: option "--to-destination" must be specified\n\n${at(2)}`,
  ],
  [
    '*nat\n-A PREROUTING -j DNAT --to-destination 1.2.3.4:80\nCOMMIT\n',
    2,
    `${FRONT}Need TCP, UDP, SCTP or DCCP with port specification\n${at(2)}`,
  ],
  [
    '*filter\n-A FORWARD -j REJECT --reject-with foo\nCOMMIT\n',
    2,
    `${FRONT}unknown reject type "foo"\n${at(2)}`,
  ],
  [
    '*filter\n-D FORWARD -s 9.9.9.9 -j ACCEPT\nCOMMIT\n',
    1,
    'iptables-restore: line 2 failed: Bad rule (does a matching rule exist in that chain?).\n',
  ],
  [
    '*filter\n:NEWC - [0:0]\n:NEWC - [0:0]\n-N NEWC\nCOMMIT\n',
    1,
    'iptables-restore: line 4 failed: Chain already exists.\n',
  ],
  ['*filter\n:INPUT FOO [0:0]\nCOMMIT\n', 1, 'iptables-restore: line 2 failed: Bad policy name.\n'],
  ['garbage\n', 1, 'iptables-restore: line 1 failed\n'],
  [
    '*filter\n-A FORWARD -m statistic --mode random --probability 2 -j ACCEPT\nCOMMIT\n',
    2,
    `${FRONT}statistic: bad value for option "--probability", or out of range (0-1).\n\n${at(2)}`,
  ],
  [
    '*filter\n-A FORWARD -m comment -j ACCEPT\nCOMMIT\n',
    2,
    `${FRONT}comment: option "--comment" must be specified\n\n${at(2)}`,
  ],
  ['*filter\n-A FORWARD -o\nCOMMIT\n', 2, `${FRONT}option "-o" requires an argument\n${at(2)}`],
  ['*filter\n-A FORWARD --bogus\nCOMMIT\n', 2, `${FRONT}unknown option "--bogus"\n${at(2)}`],
  [
    '*filter\n-A FORWARD -p bogus\nCOMMIT\n',
    2,
    `${FRONT}unknown protocol "bogus" specified\n${at(2)}`,
  ],
  ['*filter\n-Z\nbla\nCOMMIT\n', 2, `Bad argument \`bla'\n${at(3)}`],
  ['*filter\n-A INPUT -o eth0\nCOMMIT\n', 2, `${FRONT}Can't use -o with INPUT\n\n${at(2)}`],
  [
    '*filter\n-A FORWARD -m set --match-set foo src\nCOMMIT\n',
    2,
    `${FRONT}Set foo doesn't exist.\n\n${at(2)}`,
  ],
  [
    '*filter\n-A FORWARD -p icmp -m icmp\nCOMMIT\n',
    2,
    `${FRONT}icmp: option "--icmp-type" must be specified\n\n${at(2)}`,
  ],
];

test('iptables-restore refuses in the words of the real one, and changes nothing', () => {
  for (const [text, exitCode, want] of ERRORS) {
    const { ns } = makeTestNs();
    iptablesRestore(ns, '*filter\n-A FORWARD -s 192.0.2.1/32 -j DROP\nCOMMIT\n');
    const before = iptablesSave(ns, { table: 'filter' });
    const error = iptablesRestore(ns, text, { noflush: true });
    assert.deepEqual(error, { text: want, exitCode }, text);
    assert.equal(iptablesSave(ns, { table: 'filter' }), before, text);
  }
});

const COMMANDS: readonly (readonly [string, number, string])[] = [
  ['-A NOPE -j ACCEPT', 1, 'iptables: No chain/target/match by that name.'],
  ['-N ABC', 1, 'iptables: Chain already exists.'],
  ['-A FORWARD -j NOPE', 2, "iptables v1.8.9 (nf_tables): Chain 'NOPE' does not exist"],
  ['-D FORWARD 99', 1, 'iptables: Index of deletion too big.'],
  ['-P ABC DROP', 1, 'iptables: Bad built-in chain name.'],
  ['-P FORWARD FOO', 1, "iptables: Bad policy name. Run `dmesg' for more information."],
  ['-t nope -S', 3, "iptables v1.8.9 (nf_tables): table 'nope' does not exist"],
  ['-F NOPE', 1, 'iptables: No chain/target/match by that name.'],
  ['-C FORWARD -s 9.9.9.9', 1, 'iptables: Bad rule (does a matching rule exist in that chain?).'],
  ['-I FORWARD 99 -j ACCEPT', 1, 'iptables: Index of insertion too big.'],
  ['-Q', 2, 'iptables v1.8.9 (nf_tables): unknown option "-Q"'],
  [
    '-X ABC',
    4,
    'iptables v1.8.9 (nf_tables):  CHAIN_DEL failed (Device or resource busy): chain ABC',
  ],
  [
    '-N THISNAMEISFARTOOLONGFORACHAINXX',
    2,
    "iptables v1.8.9 (nf_tables): chain name `THISNAMEISFARTOOLONGFORACHAINXX' too long (must be under 29 chars)",
  ],
  [
    '-t nat -A POSTROUTING -i eth0',
    2,
    "iptables v1.8.9 (nf_tables): Can't use -i with POSTROUTING",
  ],
  [
    '-A FORWARD -p tcp --dport 80 --dport 81',
    2,
    "iptables v1.8.9 (nf_tables): Only one `--destination-port' allowed",
  ],
  [
    '-A FORWARD -s 1.1.1.1 -s 1.1.1.2',
    2,
    'iptables v1.8.9 (nf_tables): multiple -s flags not allowed',
  ],
  [
    '-A FORWARD -p tcp --dport 80:70',
    2,
    'iptables v1.8.9 (nf_tables): invalid portrange (min > max)',
  ],
  [
    '-A FORWARD -m multiport --dports 80',
    2,
    "iptables v1.8.9 (nf_tables): multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'",
  ],
  ['-R FORWARD 99 -j ACCEPT', 1, 'iptables: Index of replacement too big.'],
];

test('single commands fail in the words of the real one', () => {
  const { ns } = makeTestNs();
  iptables(ns, ['-N', 'ABC']);
  iptables(ns, ['-A', 'ABC', '-j', 'RETURN']);
  for (const [line, exitCode, want] of COMMANDS) {
    const result = iptables(ns, line.split(' '));
    assert.equal(result.exitCode, exitCode, line);
    assert.equal(result.stderr.split('\n')[0], want);
  }
});

test('counters follow packets, -Z clears them, and rules keep theirs when others come and go', () => {
  const of = makeTestNs();
  const { ns } = of;
  iptables(ns, ['-A', 'FORWARD', '-s', '10.0.0.1']);
  iptables(ns, ['-A', 'FORWARD', '-s', '10.0.0.2', '-j', 'DROP']);
  forwardThrough(of, makePacket({ src: '10.0.0.1', dst: '10.0.0.9' }));
  forwardThrough(of, makePacket({ src: '10.0.0.2', dst: '10.0.0.9' }));
  iptables(ns, ['-I', 'FORWARD', '-s', '10.0.0.3']);
  assert.equal(
    iptablesSave(ns, { counters: true }).split('\n').slice(2, 7).join('\n'),
    [
      ':FORWARD ACCEPT [1:40]',
      ':OUTPUT ACCEPT [0:0]',
      '[0:0] -A FORWARD -s 10.0.0.3/32',
      '[1:40] -A FORWARD -s 10.0.0.1/32',
      '[1:40] -A FORWARD -s 10.0.0.2/32 -j DROP',
    ].join('\n'),
  );
  iptables(ns, ['-Z', 'FORWARD']);
  assert.ok(!iptablesSave(ns, { counters: true }).includes('[1:40]'));
});
