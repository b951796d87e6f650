/**
 * The vocabulary of what happens to a packet, its recorder, its ledger and its printers.
 */
export {
  DROP_REASONS,
  type DropReason,
  GOOD_ENDS,
  type GoodEnd,
  type PacketEnd,
} from './drop-reason.ts';
export { PacketLedger } from './ledger.ts';
export { formatWalks, mergeSteps } from './print.ts';
export { Recorder } from './recorder.ts';
export { traceOf, walkId } from './walk-id.ts';
export { STAGES, type Stage, type Step } from './step.ts';
