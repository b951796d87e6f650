/**
 * What a document shows: outputs of the commands before, files that commands name.
 */
import type { FencedBlock } from './blocks.ts';
import { hasPrompts } from './commands.ts';

/** Languages of blocks that show an output. */
const OUTPUTS: ReadonlySet<string> = new Set([
  '',
  'text',
  'txt',
  'output',
  'plaintext',
  'plain',
  'none',
  'json',
  'console',
]);

/** The block right after, if it shows what the commands print. */
export function outputBlock(blocks: readonly FencedBlock[], index: number): string | undefined {
  const next = blocks[index + 1];
  if (next === undefined || next.beginsSection || !OUTPUTS.has(next.language)) return undefined;
  if (fileNameOf(next) !== undefined || hasPrompts(next.text)) return undefined;
  return next.text;
}

const FILE_NAME = /^[\w./-]+\.(?:ya?ml|json)$/;

/** The file that a block shows: by its title, by the words before it, or by its first comment. */
export function fileNameOf({ language, attributes, text, lead }: FencedBlock): string | undefined {
  const [base = '', suffix] = language.split(':');
  if (!['yaml', 'yml', 'json'].includes(base)) return undefined;
  const title = /(?:title|file(?:name)?)=["']?([^"'\s}]+)/.exec(attributes)?.[1];
  const quoted = lead
    .split('\n')
    .at(-1)
    ?.match(/`([^`]+)`/g)
    ?.at(-1)
    ?.slice(1, -1);
  const bare = /(?:^|\s|\*)([\w./-]+\.(?:ya?ml|json))[*:.]*\s*$/.exec(lead)?.[1];
  const comment = /^#\s*(\S+)\s*$/.exec(text.split('\n')[0] ?? '')?.[1];
  return [suffix, title, quoted, bare, comment].find(
    (name): name is string => name !== undefined && FILE_NAME.test(name),
  );
}

/** `./pod.yaml` is `pod.yaml`. */
export function normalName(name: string): string {
  return name.replace(/^\.\//, '');
}
