/**
 * Which file may import which. The packages' order lies in tools/package-order.cjs.
 */
const { ladder, simulation } = require('./tools/package-order.cjs');

const TEST = '[.](test|suite)[.]ts$';
const HOST = '/src/host/';

/** One rule per package: of the other packages only those listed. */
/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const order = ladder.map(({ name, mayImport }) => ({
  name: `order-${name}`,
  comment: `${name} may import ${mayImport.length === 0 ? 'no other package' : mayImport.join(', ')}`,
  severity: 'error',
  from: { path: `^packages/${name}/` },
  to: {
    path: '^(packages|conformance|bench|tools)/',
    pathNot: `^packages/(${[name, ...mayImport].join('|')})/`,
  },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
const configuration = {
  forbidden: [
    ...order,
    {
      name: 'only-through-the-door',
      comment: 'Another package is entered through its src/index.ts (or src/host/index.ts) alone',
      severity: 'error',
      from: { path: '^(packages/[^/]+|conformance|bench)/' },
      to: {
        path: '^packages/',
        pathNot: ['^$1/', '^packages/[^/]+/src/(host/)?index[.]ts$'],
      },
    },
    {
      name: 'no-cycles',
      comment: 'Two files that import each other are one file, or a third one is missing',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'simulation-without-node',
      comment:
        'Simulation takes time, randomness and data as arguments; only src/host/ touches Node',
      severity: 'error',
      from: { path: `^packages/(${simulation.join('|')})/src/`, pathNot: [TEST, HOST] },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-host-from-simulation',
      comment:
        'The rim calls the core, never the other way round; cluster composes them in its host/',
      severity: 'error',
      from: { path: `^packages/(${simulation.join('|')})/src/`, pathNot: [TEST, HOST] },
      to: { path: HOST },
    },
    {
      name: 'declared-dependencies',
      comment: 'An import must be declared in the package.json of the package that has it',
      severity: 'error',
      from: { path: '^(packages|conformance|bench)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-dev-dependency-in-product',
      comment: 'What runs for users must not need what is there for tests',
      severity: 'error',
      from: { path: '^packages/', pathNot: TEST },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'resolvable',
      comment: 'The imported file does not exist',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    // dependency-cruiser 18 reads a project on TypeScript 7 through swc only.
    parser: 'swc',
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/(gen|testdata)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
    },
  },
};

module.exports = configuration;
