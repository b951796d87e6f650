/**
 * Virtual time: an integer number of nanoseconds since the start of the run.
 */
export interface Clock {
  nowNs(): number;
}
