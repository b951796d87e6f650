/**
 * The fenced code blocks of a Markdown document, with what stands around them; and its front matter.
 *
 * Blocks are found by commonmark's own parser, so that lists, quotes and nested fences are what they are for readers.
 */
import { type Node, Parser } from 'commonmark';

export interface FencedBlock {
  /** First word of the info string, lower case; empty without one. */
  readonly language: string;
  /** The rest of the info string. */
  readonly attributes: string;
  readonly text: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  /** The text right before it, when that is a paragraph. */
  readonly lead: string;
  /** Whether a heading stands between it and the block before. */
  readonly beginsSection: boolean;
}

export interface MarkdownDocument {
  /** Title: the first heading. */
  readonly title: string;
  readonly blocks: readonly FencedBlock[];
  /** The YAML between the `---` at the top, its lines where they are in the document; undefined without. */
  readonly frontMatter: string | undefined;
}

export function readMarkdown(text: string): MarkdownDocument {
  const { frontMatter, body } = splitFrontMatter(text);
  const blocks: FencedBlock[] = [];
  let title = '';
  let beginsSection = true;
  const walker = new Parser().parse(body).walker();
  for (let event = walker.next(); event !== null; event = walker.next()) {
    const { node, entering } = event;
    if (!entering) continue;
    if (node.type === 'heading') {
      if (title === '') title = plainText(node);
      beginsSection = true;
    }
    if (node.type !== 'code_block' || node.info === null) continue;
    const [language = '', ...rest] = node.info.trim().split(/\s+/);
    blocks.push({
      language: language.toLowerCase(),
      attributes: rest.join(' '),
      text: node.literal ?? '',
      line: node.sourcepos[0][0],
      lead: node.prev?.type === 'paragraph' ? plainText(node.prev) : '',
      beginsSection,
    });
    beginsSection = false;
  }
  return { title, blocks, frontMatter };
}

/** Front matter becomes blank lines, so that all others keep their numbers. */
function splitFrontMatter(text: string): { frontMatter: string | undefined; body: string } {
  const lines = text.split('\n');
  if (lines[0]?.trimEnd() !== '---') return { frontMatter: undefined, body: text };
  const end = lines.findIndex((line, index) => index > 0 && /^(---|\.\.\.)\s*$/.test(line));
  if (end < 0) return { frontMatter: undefined, body: text };
  return {
    frontMatter: lines.slice(0, end).join('\n'),
    body: lines.map((line, index) => (index <= end ? '' : line)).join('\n'),
  };
}

function plainText(node: Node): string {
  let text = '';
  for (let child = node.firstChild; child !== null; child = child.next) {
    if (child.type === 'softbreak' || child.type === 'linebreak') text += '\n';
    else if (child.type === 'code') text += `\`${child.literal ?? ''}\``;
    else text += child.literal ?? plainText(child);
  }
  return text;
}
