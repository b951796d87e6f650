/**
 * While events run, Date.now and Math.random throw.
 *
 * The third of the four nets of docs/determinism.md: the compiler and the linter see podwire's own
 * sources, this also sees what third-party code does. They are restored as soon as the events are
 * through, since comlink draws its message ids from Math.random.
 */
// oxlint-disable-next-line no-restricted-globals -- this file is what forbids it
const clock: { now: () => number } = Date;
const dice: { random: () => number } = Math;

let isGuarding = false;

function refuseNow(): number {
  throw new Error('Date.now() inside an event: simulated code takes time from its HostSim');
}

function refuseRandom(): number {
  throw new Error('Math.random() inside an event: simulated code draws from sim.rng(purpose)');
}

/** Runs synchronous simulation with the wall clock and ambient randomness barred. */
export function guarded<T>(run: () => T): T {
  if (isGuarding) return run();
  const { now } = clock;
  const { random } = dice;
  isGuarding = true;
  clock.now = refuseNow;
  dice.random = refuseRandom;
  try {
    return run();
  } finally {
    clock.now = now;
    dice.random = random;
    isGuarding = false;
  }
}
