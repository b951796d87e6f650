/**
 * The packages in their strict order, and what each may import: only packages above it, and of
 * those only the ones listed. ARCHITECTURE.md shows the same table to people.
 *
 * Read by .dependency-cruiser.cjs (imports in code) and tools/tidy.ts (package.json files).
 * CommonJS, since dependency-cruiser loads its configuration with require().
 */

/** @typedef {{ name: string, mayImport: readonly string[] }} PackageRule */

/** @type {PackageRule[]} */
const ladder = [
  { name: 'base', mayImport: [] },
  { name: 'trace', mayImport: ['base'] },
  { name: 'engine', mayImport: ['base', 'trace'] },
  { name: 'wire', mayImport: ['base'] },
  { name: 'underlay', mayImport: ['base', 'trace', 'engine', 'wire'] },
  { name: 'netstack', mayImport: ['base', 'trace', 'engine', 'wire'] },
  { name: 'ovn', mayImport: ['base', 'trace', 'engine', 'wire', 'netstack'] },
  { name: 'api', mayImport: ['base', 'engine'] },
  { name: 'controllers', mayImport: ['base', 'engine', 'api'] },
  { name: 'scheduler', mayImport: ['base', 'engine', 'api'] },
  { name: 'kubeproxy', mayImport: ['base', 'engine', 'wire', 'netstack', 'api'] },
  {
    name: 'cni',
    mayImport: ['base', 'trace', 'engine', 'wire', 'netstack', 'ovn', 'api', 'kubeproxy'],
  },
  { name: 'dns', mayImport: ['base', 'trace', 'engine', 'wire', 'netstack', 'api'] },
  { name: 'edge', mayImport: ['base', 'trace', 'engine', 'wire', 'netstack', 'api'] },
  { name: 'workloads', mayImport: ['base', 'trace', 'engine', 'wire', 'netstack', 'dns'] },
  {
    name: 'kubelet',
    mayImport: ['base', 'trace', 'engine', 'wire', 'netstack', 'api', 'cni', 'dns', 'workloads'],
  },
  { name: 'kubectl', mayImport: ['base', 'engine', 'api'] },
];

/** Below this line come the shells around the simulation; cluster is its composition root. */
ladder.push({ name: 'cluster', mayImport: ladder.map((rule) => rule.name) });
const simulation = ladder.map((rule) => rule.name);
ladder.push({
  name: 'scenario',
  mayImport: ['base', 'trace', 'engine', 'wire', 'api', 'kubectl', 'workloads', 'cluster'],
});
ladder.push({ name: 'cli', mayImport: ladder.map((rule) => rule.name) });

module.exports = { ladder, simulation };
