/**
 * A switch with load balancers and ACLs: our flows beside those that ovn-northd 23.03.1 wrote for the same rows.
 *
 * Left aside: flows for IPv6 neighbours and the service monitor, labels, defaults of stages. Texts differ where northd's
 * depend on the chassis (ct_label for ct_mark) or say what `reject` does in full.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ip } from '@podwire/base';
import { formatActions } from '../lflow.ts';
import type { Acl, LogicalSwitch } from '../nb.ts';
import { aclFlows } from './acl.ts';
import { groupOfRows } from './load-balancer.ts';
import { switchFlows } from './switch.ts';

const ACLS: readonly Acl[] = [
  {
    direction: 'from-lport',
    priority: 1003,
    match: 'inport == "a" && udp',
    action: 'allow-stateless',
  },
  { direction: 'from-lport', priority: 1000, match: 'inport == "a" && ip4', action: 'drop' },
  {
    direction: 'from-lport',
    priority: 1002,
    match: 'inport == "a" && tcp',
    action: 'reject',
    isAppliedAfterLb: true,
  },
  {
    direction: 'to-lport',
    priority: 1001,
    match: 'ip4.src == 10.244.0.2',
    action: 'allow-related',
  },
  { direction: 'to-lport', priority: 1000, match: 'outport == "b" && ip4', action: 'reject' },
  { direction: 'to-lport', priority: 999, match: 'ip4', action: 'allow' },
];

const SWITCH: LogicalSwitch = {
  name: 'n1',
  tunnelKey: 1,
  ports: [{ name: 'stor-n1', type: 'router', addresses: [] }],
  loadBalancerGroup: groupOfRows('services', ip('169.254.169.5'), []),
  acls: ACLS,
};

/** One way of writing: no parentheses, ct_mark, no default label, the bare word for reject and drop. */
function normal(stage: string, priority: string, match: string, actions: string): string {
  const plain = match.replace(/[()]/g, '').replace(' && reg0[13] == 0', '');
  const bare = actions
    .replace(/(reg0 = 0; )?reject \{.*\};$/, 'reject;')
    .replace('/* drop */', 'drop;')
    .replace('ct_snat_to_vip; next;', 'ct_snat_to_vip;')
    .replace(/ {2,}/g, ' ');
  return `${stage} ${priority} | ${plain} | ${bare}`.replaceAll('ct_label', 'ct_mark');
}

function recorded(): string[] {
  const text = readFileSync(new URL('testdata/ovn-23.03.1-acl.txt', import.meta.url), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .filter((line) => !/svc_monitor|\bnd\b|reg0\[13\] == 1|^\S+ 0 /.test(line))
    .map((line) => {
      const [head = '', match = '', actions = ''] = line.split(' | ');
      const [stage = '', priority = ''] = head.split(' ');
      return normal(stage, priority, match, actions);
    });
}

test('the flows of a switch with ACLs are those of northd', () => {
  const want = recorded();
  const stages = new Set(want.map((line) => line.slice(0, line.indexOf(' '))));
  const flows = [...switchFlows(SWITCH), ...aclFlows(SWITCH, ACLS)];
  const got = flows
    .filter(({ stage }) => stages.has(stage))
    .map(({ stage, priority, match, actions }) =>
      normal(stage, `${priority}`, match, formatActions(actions)),
    );
  const order = (lines: readonly string[]): string[] => [...lines].sort();
  assert.deepEqual(order(got), order(want));
});
