/**
 * Prints diagnostics with the source line and a caret.
 */
import { type Diagnostic, formatDiagnostic } from '@podwire/base';
import type { Paint } from '@podwire/scenario';

/** Lines longer than this are shown around the place only. */
const LINE_CHARS_SHOWN = 160;

export function diagnosticText(
  diagnostics: readonly Diagnostic[],
  texts: ReadonlyMap<string, string>,
  paint: Paint,
): string {
  const lines = new Map<string, readonly string[]>();
  const blocks = diagnostics.map((diagnostic) => {
    const { file, line, severity } = diagnostic;
    let split = lines.get(file);
    if (split === undefined) {
      split = (texts.get(file) ?? '').split('\n');
      lines.set(file, split);
    }
    const source = split[line - 1]?.replace(/\r$/, '');
    const text = formatDiagnostic(diagnostic, source, LINE_CHARS_SHOWN);
    const colour = severity === 'error' ? paint.bad : paint.strong;
    return text.replace(`: ${severity} `, () => `: ${colour(severity)} `);
  });
  return blocks.length === 0 ? '' : `${blocks.join('\n')}\n`;
}

/** `2 errors, 1 warning`. */
export function countText(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter((each) => each.severity === 'error').length;
  const warnings = diagnostics.length - errors;
  const parts: string[] = [];
  if (errors > 0) parts.push(`${errors} ${errors === 1 ? 'error' : 'errors'}`);
  if (warnings > 0) parts.push(`${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`);
  return parts.join(', ');
}
