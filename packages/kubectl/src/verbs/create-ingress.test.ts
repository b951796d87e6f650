/**
 * `kubectl create ingress`: what its rules become, and what it refuses.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bench } from '../test-bench.ts';

function made(args: string): unknown {
  const bench = new Bench();
  const { out, err } = bench.run(`create ingress web ${args} --dry-run=client -o json`);
  assert.equal(err, '', args);
  return (JSON.parse(out) as { readonly spec: unknown }).spec;
}

function backend(name: string, port: object): object {
  return { service: { name, port } };
}

test('rules become hosts, paths and secrets', () => {
  const path = (text: string, pathType: string, to: object): object => ({
    path: text,
    pathType,
    backend: to,
  });
  const rows: readonly (readonly [args: string, spec: object])[] = [
    [
      '--class=nginx --rule="a.example.org/*=web:80"',
      {
        ingressClassName: 'nginx',
        rules: [
          {
            host: 'a.example.org',
            http: { paths: [path('/', 'Prefix', backend('web', { number: 80 }))] },
          },
        ],
      },
    ],
    [
      '--rule="a.example.org/x=web:http" --rule="a.example.org/y*=api:80" --rule="/z=any:1"',
      {
        rules: [
          {
            host: 'a.example.org',
            http: {
              paths: [
                path('/x', 'Exact', backend('web', { name: 'http' })),
                path('/y', 'Prefix', backend('api', { number: 80 })),
              ],
            },
          },
          { http: { paths: [path('/z', 'Exact', backend('any', { number: 1 }))] } },
        ],
      },
    ],
    [
      '--default-backend=web:80 --rule="a.example.org/=web:80,tls=one" --rule="b.example.org/=web:80,tls=one" --rule="c.example.org/=web:80,tls" --rule="a.example.org/x=web:80,tls=two"',
      {
        defaultBackend: backend('web', { number: 80 }),
        tls: [
          { hosts: ['a.example.org', 'b.example.org'], secretName: 'one' },
          { hosts: ['c.example.org'] },
        ],
        rules: [
          {
            host: 'a.example.org',
            http: {
              paths: [
                path('/', 'Exact', backend('web', { number: 80 })),
                path('/x', 'Exact', backend('web', { number: 80 })),
              ],
            },
          },
          ...['b.example.org', 'c.example.org'].map((host) => ({
            host,
            http: { paths: [path('/', 'Exact', backend('web', { number: 80 }))] },
          })),
        ],
      },
    ],
  ];
  for (const [args, spec] of rows) assert.deepEqual(made(args), spec, args);
});

test('what is refused', () => {
  const bench = new Bench();
  const rows: readonly (readonly [args: string, err: RegExp])[] = [
    ['', /^error: not enough information provided: every ingress has to either specify/],
    [
      '--rule=a.example.org',
      /^error: rule a\.example\.org is invalid and should be in format host\/path=svcname:svcport\[,tls\[=secret\]\]\n/,
    ],
    [
      '--rule=/=web:80 --annotation=a',
      /^error: annotation a is invalid and should be in format key=\[value\]\n/,
    ],
    [
      '--default-backend=web',
      /^error: default-backend should be in format servicename:serviceport\n/,
    ],
    [
      '--rule=bad_host/=web:80',
      /^The Ingress "web" is invalid: spec\.rules\[0\]\.host: Invalid value/,
    ],
  ];
  for (const [args, err] of rows) {
    assert.match(bench.run(`create ingress web ${args}`.trim()).err, err, args);
  }
  assert.equal(
    bench.run('create ingress web --rule=/=web:80 --annotation=a=b=c').out,
    'ingress.networking.k8s.io/web created\n',
  );
  assert.equal(bench.run("get ingress web -o jsonpath='{.metadata.annotations.a}'").out, 'b=c');
});
