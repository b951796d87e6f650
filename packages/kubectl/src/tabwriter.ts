/**
 * Columns out of tab-separated text, by the rules of Go's text/tabwriter.
 *
 * A cell is what a tab ends; the text after a line's last tab belongs to no column. A column is a run of
 * consecutive lines that have a cell there, and is as wide as its widest cell plus the padding.
 */
export interface TabOptions {
  readonly minWidth: number;
  readonly padding: number;
}

/** Of `kubectl get` (cli-runtime printers.GetNewTabWriter). */
export const TABLE_TABS: TabOptions = { minWidth: 6, padding: 3 };
/** Of `kubectl describe` (tabbedString). */
export const DESCRIBE_TABS: TabOptions = { minWidth: 0, padding: 2 };

/**
 * Lays out the lines of a text. `remembered` holds the widths of what was written before, which columns never
 * fall below, and is brought up to date: a watch keeps its columns.
 */
export function alignTabs(text: string, options: TabOptions, remembered?: number[]): string {
  const lines = text.split('\n').map((line) => line.split('\t'));
  const parts: string[] = [];
  const widths: number[] = [];
  layOut(0, lines.length);
  return parts.join('\n');

  function layOut(from: number, to: number): void {
    const column = widths.length;
    let at = from;
    while (at < to) {
      if (!hasCell(at, column)) {
        emit(at);
        at++;
        continue;
      }
      let end = at;
      let width = options.minWidth;
      while (end < to && hasCell(end, column)) {
        width = Math.max(width, textWidth(lines[end]?.[column] ?? '') + options.padding);
        end++;
      }
      if (remembered !== undefined) {
        width = Math.max(width, remembered[column] ?? 0);
        remembered[column] = width;
      }
      widths.push(width);
      layOut(at, end);
      widths.pop();
      at = end;
    }
  }

  function hasCell(line: number, column: number): boolean {
    return column < (lines[line]?.length ?? 0) - 1;
  }

  function emit(index: number): void {
    const cells = lines[index] ?? [];
    let line = '';
    for (const [column, cell] of cells.entries()) {
      line += cell;
      const width = widths[column];
      if (width !== undefined && column < cells.length - 1) {
        line += ' '.repeat(Math.max(0, width - textWidth(cell)));
      }
    }
    parts.push(line);
  }
}

function textWidth(text: string): number {
  let width = 0;
  for (const _ of text) width++;
  return width;
}
