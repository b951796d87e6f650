/**
 * Tables of `kubectl get`: what a kind's printer gives, and how rows become text.
 */
import type { KubeObject } from '@podwire/api';
import { type TabOptions, TABLE_TABS, alignTabs } from '../tabwriter.ts';

export interface Column {
  readonly name: string;
  /** Only with `-o wide`. */
  readonly isWide?: boolean;
}

/** The printer of a kind: columns as the API server names them, and the cells of one object. */
export interface TablePrinter {
  readonly columns: readonly Column[];
  cells(object: KubeObject, nowNs: number, isWide: boolean): readonly string[];
}

/** Columns of a printer: those behind `|` are wide. */
export function columns(names: string, wideNames = ''): readonly Column[] {
  const split = (text: string): string[] => (text === '' ? [] : text.split('|'));
  return [
    ...split(names).map((name) => ({ name })),
    ...split(wideNames).map((name) => ({ name, isWide: true })),
  ];
}

export interface TableOptions {
  readonly isWide: boolean;
  readonly hasNamespace: boolean;
  readonly hasHeader: boolean;
  readonly showLabels: boolean;
  /** `-L`. */
  readonly labelColumns: readonly string[];
  /** `pod/` before the names, when several kinds are printed. */
  readonly namePrefix: string;
}

/** Prints the rows of one kind; keeps the widths over several calls, as a watch needs it. */
export class TableWriter {
  readonly #printer: TablePrinter;
  readonly #options: TableOptions;
  readonly #tabs: TabOptions;
  readonly #widths: number[] = [];
  #hasHeader: boolean;

  constructor(printer: TablePrinter, options: TableOptions, tabs: TabOptions = TABLE_TABS) {
    this.#printer = printer;
    this.#options = options;
    this.#tabs = tabs;
    this.#hasHeader = options.hasHeader;
  }

  write(objects: readonly KubeObject[], nowNs: number): string {
    const lines: string[] = [];
    if (this.#hasHeader) {
      lines.push(this.#header());
      this.#hasHeader = false;
    }
    for (const object of objects) lines.push(this.#row(object, nowNs));
    return lines.length === 0 ? '' : alignTabs(`${lines.join('\n')}\n`, this.#tabs, this.#widths);
  }

  #header(): string {
    const { isWide, hasNamespace, showLabels, labelColumns } = this.#options;
    const names = this.#printer.columns
      .filter((column) => isWide || column.isWide !== true)
      .map((column) => column.name.toUpperCase());
    if (hasNamespace) names.unshift('NAMESPACE');
    for (const label of labelColumns)
      names.push(label.slice(label.lastIndexOf('/') + 1).toUpperCase());
    if (showLabels) names.push('LABELS');
    return names.join('\t');
  }

  #row(object: KubeObject, nowNs: number): string {
    const { isWide, hasNamespace, showLabels, labelColumns, namePrefix } = this.#options;
    const all = this.#printer.cells(object, nowNs, isWide);
    const cells = this.#printer.columns
      .map((column, index) => ({ column, cell: all[index] ?? '' }))
      .filter(({ column }) => isWide || column.isWide !== true)
      .map(({ cell }) => oneLine(cell));
    if (namePrefix !== '') cells[0] = namePrefix + (cells[0] ?? '');
    if (hasNamespace) cells.unshift(object.metadata.namespace ?? '');
    const { labels } = object.metadata;
    for (const label of labelColumns) {
      cells.push(labels !== undefined && Object.hasOwn(labels, label) ? (labels[label] ?? '') : '');
    }
    if (showLabels) cells.push(labelsCell(labels));
    return cells.join('\t');
  }
}

function labelsCell(labels: { readonly [key: string]: string } | undefined): string {
  const keys = Object.keys(labels ?? {}).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  if (keys.length === 0) return '<none>';
  return keys.map((key) => `${key}=${labels?.[key] ?? ''}`).join(',');
}

/** A cell ends at its first line break (cli-runtime tableprinter). */
function oneLine(cell: string): string {
  const end = cell.search(/[\f\n\r]/);
  return end < 0 ? cell : `${cell.slice(0, end)}...`;
}
