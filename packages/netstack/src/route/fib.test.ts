/**
 * Route lookup against a linear twin, and the kernel's rules of preference.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ip, ipv4Mask } from '@podwire/base';
import fc from 'fast-check';
import { Fib, FibTable, type Route, RouteTable, type RouteType } from './fib.ts';

function route(
  text: string,
  metric = 0,
  tos = 0,
  type: RouteType = 'unicast',
  table: number = RouteTable.main,
): Route {
  const [address, len] = text.split('/');
  const prefixLen = Number(len);
  return {
    table,
    dst: (ip(address ?? '') & ipv4Mask(prefixLen)) >>> 0,
    prefixLen,
    type,
    dev: undefined,
    gateway: 0,
    scope: 0,
    metric,
    tos,
    prefSrc: 0,
    mtuBytes: 0,
    protocol: 'boot',
    isOnlink: false,
  };
}

/** The obvious version: every route that matches, best first. */
function lookupLinear(routes: readonly Route[], dst: number, tos: number): Route | undefined {
  let best: Route | undefined;
  for (const one of routes) {
    if (((dst ^ one.dst) & ipv4Mask(one.prefixLen)) !== 0) continue;
    if (one.tos !== 0 && one.tos !== tos) continue;
    const isBetter =
      best === undefined ||
      one.prefixLen > best.prefixLen ||
      (one.prefixLen === best.prefixLen &&
        (one.tos > best.tos || (one.tos === best.tos && one.metric < best.metric)));
    if (isBetter) best = one;
  }
  return best;
}

test('the table answers as the linear twin, whatever was inserted and removed', () => {
  const arbRoute = fc
    .tuple(
      fc.constantFrom('10.0.0.0', '10.1.0.0', '10.1.2.0', '10.1.2.3', '10.128.0.0', '0.0.0.0'),
      fc.integer({ min: 0, max: 32 }),
      fc.integer({ min: 0, max: 3 }),
      fc.constantFrom(0, 0, 4, 8),
    )
    .map(([address, len, metric, tos]) => route(`${address}/${len}`, metric, tos));
  const arbDst = fc.constantFrom(
    '10.0.0.1',
    '10.1.2.3',
    '10.1.2.4',
    '10.1.3.1',
    '10.200.0.1',
    '11.0.0.1',
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), arbRoute), { maxLength: 40 }),
      fc.array(fc.tuple(arbDst, fc.constantFrom(0, 4)), { minLength: 1, maxLength: 10 }),
      (changes, asks) => {
        const table = new FibTable(RouteTable.main);
        const routes: Route[] = [];
        for (const [isRemoval, one] of changes) {
          const index = routes.findIndex(
            (other) =>
              other.dst === one.dst &&
              other.prefixLen === one.prefixLen &&
              other.tos === one.tos &&
              other.metric === one.metric,
          );
          const known = routes[index];
          if (isRemoval && known !== undefined) {
            table.remove(known);
            routes.splice(index, 1);
          } else if (known === undefined) {
            table.insert(one);
            routes.push(one);
          }
        }
        for (const [dst, tos] of asks) {
          assert.equal(table.lookup(ip(dst), tos, undefined), lookupLinear(routes, ip(dst), tos));
        }
        assert.equal(table.list().length, routes.length);
      },
    ),
  );
});

test('rules run in order: local first, throw and no match go on, others end the search', () => {
  const fib = new Fib();
  fib.insert(route('0.0.0.0/0'));
  fib.insert(route('10.1.0.0/16', 0, 0, 'throw', 100));
  fib.insert(route('10.2.0.0/16', 0, 0, 'prohibit', 100));
  fib.insert(route('10.1.0.5/32', 0, 0, 'local', RouteTable.local));
  fib.addRule({ priority: 100, table: 100, action: 'lookup', fwmark: 7 });
  fib.addRule({
    priority: 200,
    table: 0,
    action: 'blackhole',
    from: { ip: ip('10.9.0.0'), prefixLen: 16 },
  });
  const at = (dst: string, mark = 0, src = 0): string =>
    fib.lookup(ip(dst), src, undefined, 0, mark)?.type ?? 'none';
  assert.equal(at('10.1.0.5', 7), 'local');
  assert.equal(at('10.1.0.6', 7), 'unicast');
  assert.equal(at('10.2.0.6', 7), 'prohibit');
  assert.equal(at('10.2.0.6'), 'unicast');
  assert.equal(at('10.3.0.6', 7), 'unicast');
  assert.equal(at('10.3.0.6', 0, ip('10.9.1.1')), 'blackhole');
});

test('a cached answer is forgotten when a route comes or goes', () => {
  const fib = new Fib();
  const wide = route('10.0.0.0/8');
  const narrow = route('10.1.0.0/16');
  fib.insert(wide);
  assert.equal(fib.lookup(ip('10.1.1.1')), wide);
  assert.equal(fib.lookup(ip('192.0.2.1')), undefined);
  fib.insert(narrow);
  assert.equal(fib.lookup(ip('10.1.1.1')), narrow);
  fib.remove(narrow);
  assert.equal(fib.lookup(ip('10.1.1.1')), wide);
});
