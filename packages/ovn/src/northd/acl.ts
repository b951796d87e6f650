/**
 * ACLs to logical flows (northd.c, build_pre_acls, build_acl_hints, build_acls; OVN 23.03).
 *
 * Three places judge a packet: from-lport before load balancing, from-lport after it, to-lport. What is allowed
 * by allow-related is committed to conntrack on the port's zone, so that answers pass whatever the ACLs say;
 * a connection that is no longer allowed gets its entry marked as blocked, and both directions end.
 * Not modelled: tiers and `pass` (OVN 23.06), logging, labels, samples, default_acl_drop.
 */
import { type Action, DROP, type LogicalFlow, NEXT, flow } from '../lflow.ts';
import type { Acl, LogicalSwitch, PortGroup } from '../nb.ts';
import { PIPELINES } from './switch.ts';

/** OVN_ACL_PRI_OFFSET: room for flows of OVN's own below the ACLs. */
const PRIORITY_OFFSET = 1000;
/** What no ACL may change. */
const PRIORITY_MAX = 65_532;

/** Bits of reg0: what the packet's conntrack state lets it hit. */
const Hint = {
  allowNew: 'reg0[7]',
  allow: 'reg0[8]',
  drop: 'reg0[9]',
  block: 'reg0[10]',
} as const;
const COMMIT = 'reg0[1]';
const STATELESS = 'reg0[16]';
/** What passes ls_in_acl whatever ACLs say passes ls_in_acl_after_lb, too. */
const ACCEPTED = 'reg0[17]';

/** ACLs that are in force on a switch: its own, and those of port groups with one of its ports. */
export function aclsOf(
  row: LogicalSwitch,
  hasPort: (name: string) => boolean,
  groups: Iterable<PortGroup>,
): readonly Acl[] {
  const found = [...(row.acls ?? [])];
  for (const { ports, acls } of groups) if (ports.some(hasPort)) found.push(...acls);
  return found;
}

export function* aclFlows(row: LogicalSwitch, acls: readonly Acl[]): Iterable<LogicalFlow> {
  const hasStatefulAcl = acls.some(({ action }) => action === 'allow-related');
  const isStateful = hasStatefulAcl || row.loadBalancerGroup !== undefined;
  if (hasStatefulAcl) yield* preAclFlows(row, acls);
  if (isStateful) yield* statefulFlows();
  for (const acl of acls) yield* ruleFlows(acl, isStateful);
}

/** What goes through conntrack for ACLs' sake. */
function* preAclFlows(row: LogicalSwitch, acls: readonly Acl[]): Iterable<LogicalFlow> {
  for (const [pipeline, port] of PIPELINES) {
    const stage = `ls_${pipeline}_pre_acl`;
    for (const { name, type } of row.ports) {
      if (type !== '') yield flow(stage, 110, `ip && ${port} == "${name}"`, NEXT);
    }
    yield flow(stage, 110, 'eth.mcast', NEXT);
    yield flow(stage, 100, 'ip', set('reg0[0]', 1), NEXT);
    yield flow(`ls_${pipeline}_pre_stateful`, 100, 'reg0[0] == 1', {
      op: 'ct',
      text: 'ct_next;',
      zone: 'ct',
    });
  }
  for (const { direction, priority, match, action } of acls) {
    if (action !== 'allow-stateless') continue;
    const stage = direction === 'from-lport' ? 'ls_in_pre_acl' : 'ls_out_pre_acl';
    yield flow(stage, priority + PRIORITY_OFFSET, match, set(STATELESS, 1), NEXT);
  }
}

/** Hints, the default that commits, what always passes and what never does. */
function* statefulFlows(): Iterable<LogicalFlow> {
  for (const [pipeline] of PIPELINES) {
    const hints = `ls_${pipeline}_acl_hint`;
    for (const [priority, match, ...bits] of HINTS) {
      yield flow(hints, priority, match, ...bits.map((bit) => set(bit, 1)), NEXT);
    }
    const stage = `ls_${pipeline}_acl`;
    yield flow(stage, 1, 'ip && !ct.est', set(COMMIT, 1), NEXT);
    yield flow(stage, 1, 'ip && ct.est && ct_mark.blocked == 1', set(COMMIT, 1), NEXT);
    const isIn = pipeline === 'in';
    const reply = 'ct.est && !ct.rel && !ct.new && !ct.inv && ct.rpl && ct_mark.blocked == 0';
    const accepted = isIn ? [set(ACCEPTED, 1)] : [];
    const unhinted = isIn ? [set(Hint.drop, 0), set(Hint.block, 0)] : [];
    yield flow(stage, PRIORITY_MAX, reply, ...unhinted, ...accepted, NEXT);
    const related = '!ct.est && ct.rel && !ct.new && !ct.inv && ct_mark.blocked == 0';
    yield flow(stage, PRIORITY_MAX, related, ...accepted, NEXT);
    yield flow(stage, PRIORITY_MAX, 'ct.inv || (ct.est && ct.rpl && ct_mark.blocked == 1)', DROP);
    yield flow(`ls_${pipeline}_stateful`, 100, `${COMMIT} == 1`, commit(0), NEXT);
  }
  yield flow('ls_in_acl_after_lb', PRIORITY_MAX, `${ACCEPTED} == 1`, NEXT);
}

const HINTS = [
  [7, 'ct.new && !ct.est', Hint.allowNew, Hint.drop],
  [6, '!ct.new && ct.est && !ct.rpl && ct_mark.blocked == 1', Hint.allowNew, Hint.drop],
  [5, '!ct.trk', Hint.allow, Hint.drop],
  [4, '!ct.new && ct.est && !ct.rpl && ct_mark.blocked == 0', Hint.allow, Hint.block],
  [3, '!ct.est', Hint.drop],
  [2, 'ct.est && ct_mark.blocked == 1', Hint.drop],
  [1, 'ct.est && ct_mark.blocked == 0', Hint.block],
] as const;

/** One ACL (consider_acl). */
function* ruleFlows(acl: Acl, isStateful: boolean): Iterable<LogicalFlow> {
  const stage = stageOf(acl);
  const priority = acl.priority + PRIORITY_OFFSET;
  const { match } = acl;
  const hinted = (hint: string): string => `${hint} == 1 && (${match})`;
  switch (acl.action) {
    case 'allow-stateless':
      yield flow(stage, priority, match, NEXT);
      return;
    case 'allow':
    case 'allow-related':
      if (!isStateful) {
        yield flow(stage, priority, match, NEXT);
        return;
      }
      yield flow(stage, priority, hinted(Hint.allowNew), set(COMMIT, 1), NEXT);
      yield flow(stage, priority, hinted(Hint.allow), NEXT);
      return;
    case 'drop':
    case 'reject': {
      const end: Action = acl.action === 'drop' ? DROP : { op: 'reject' };
      if (!isStateful) {
        yield flow(stage, priority, match, end);
        return;
      }
      yield flow(stage, priority, hinted(Hint.drop), end);
      yield flow(stage, priority, hinted(Hint.block), commit(1), end);
    }
  }
}

function stageOf({ direction, isAppliedAfterLb }: Acl): string {
  if (direction === 'to-lport') return 'ls_out_acl';
  return isAppliedAfterLb === true ? 'ls_in_acl_after_lb' : 'ls_in_acl';
}

function set(field: string, value: number): Action {
  return { op: 'set', field, value };
}

function commit(blocked: 0 | 1): Action {
  return {
    op: 'ct',
    text: `ct_commit { ct_mark.blocked = ${blocked}; };`,
    zone: 'ct',
    isCommit: true,
    isInline: true,
    mark: { field: 'ct_mark.blocked', value: blocked },
  };
}
