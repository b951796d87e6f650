/**
 * What the command line knows about where its output goes: colours, and whether a person is watching.
 */
import pico from 'picocolors';
import type { Paint } from '@podwire/scenario';

interface Stream {
  readonly isTTY?: boolean;
}

/** Colours only on a terminal that can show them; NO_COLOR (no-color.org) switches them off. */
export function hasColours(stream: Stream, env: NodeJS.ProcessEnv = process.env): boolean {
  const noColour = env['NO_COLOR'];
  if (noColour !== undefined && noColour !== '') return false;
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}

export function paintFor(stream: Stream, env: NodeJS.ProcessEnv = process.env): Paint {
  const colours = pico.createColors(hasColours(stream, env));
  return {
    good: colours.green,
    bad: colours.red,
    strong: colours.bold,
    faint: colours.dim,
  };
}
