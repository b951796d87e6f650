/**
 * `podwire check FILE…`: judges scenarios, and manifests that are named themselves.
 */
import type { Diagnostic } from '@podwire/base';
import { checkManifestFile, isMarkdown, loadScenario } from '@podwire/scenario';
import { fileReader } from '@podwire/scenario/host';
import { ExitCode } from '../exit-code.ts';
import { countText, diagnosticText } from '../print-diagnostics.ts';
import type { CheckFlags } from '../program.ts';
import { paintFor } from '../terminal.ts';

export function checkCommand(names: readonly string[], flags: CheckFlags): number {
  const diagnostics: Diagnostic[] = [];
  const texts = new Map<string, string>();
  const good: string[] = [];
  for (const name of names) {
    const judged = checkOne(name, flags);
    diagnostics.push(...judged.diagnostics);
    for (const [file, text] of judged.texts) texts.set(file, text);
    if (!judged.diagnostics.some((each) => each.severity === 'error')) good.push(judged.what);
  }
  const isBad = diagnostics.some((each) => each.severity === 'error');
  if (flags.json === true) {
    process.stdout.write(
      `${JSON.stringify({ files: names, isGood: !isBad, diagnostics }, undefined, 2)}\n`,
    );
    return isBad ? ExitCode.badInput : ExitCode.ok;
  }
  process.stderr.write(diagnosticText(diagnostics, texts, paintFor(process.stderr)));
  const paint = paintFor(process.stdout);
  if (flags.quiet !== true)
    for (const what of good) process.stdout.write(`${paint.good('✓')} ${what}\n`);
  if (diagnostics.length > 0) process.stderr.write(`podwire: ${countText(diagnostics)}\n`);
  return isBad ? ExitCode.badInput : ExitCode.ok;
}

interface Judged {
  readonly what: string;
  readonly diagnostics: readonly Diagnostic[];
  readonly texts: ReadonlyMap<string, string>;
}

function checkOne(name: string, flags: CheckFlags): Judged {
  const strict = flags.strict ?? false;
  const manifest = isMarkdown(name) ? undefined : checkManifestFile(fileReader, name, { strict });
  if (manifest !== undefined) {
    const count = manifest.objectCount;
    return { what: `${name}: ${count} object${count === 1 ? '' : 's'}`, ...manifest };
  }
  const { scenario, ...rest } = loadScenario(fileReader, name, {
    set: flags.set,
    strict,
    isCheck: true,
  });
  const steps = scenario === undefined ? '' : `, ${scenario.steps.length} steps`;
  return { what: `${name}: scenario ${scenario?.name ?? ''}${steps}`, ...rest };
}
