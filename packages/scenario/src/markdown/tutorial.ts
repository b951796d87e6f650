/**
 * A Markdown document → a scenario whose steps are the commands of its blocks, in order.
 *
 * Front matter describes the cluster as a scenario file does. YAML blocks that name a file are files for the commands
 * after them. What cannot be typed in the emulated world is left out and told.
 */
import path from 'node:path';
import type { Diagnostic } from '@podwire/base';
import { DEFAULT_CLIENTS, type FullCluster } from '@podwire/cluster';
import { COMMANDS } from '@podwire/workloads';
import { fileArguments } from '../check-command.ts';
import { checkText } from '../check-manifests.ts';
import { splitCommandLine, splitPipeline } from '../command-line.ts';
import { Field } from '../field.ts';
import { type FileReader, ScenarioFiles } from '../files.ts';
import { parseCluster, parseUnderlay } from '../parse-cluster.ts';
import { parseImages, parseSources } from '../parse-images.ts';
import type { LoadOptions, LoadedScenario } from '../parse.ts';
import type { RunStep, Scenario } from '../scenario.ts';
import { savedNamesIn } from '../saved-values.ts';
import { checkSchema } from '../schema.ts';
import { Source } from '../source.ts';
import { type MarkdownDocument, readMarkdown } from './blocks.ts';
import {
  type TypedCommand,
  findSubstitution,
  hasPrompts,
  isShell,
  typedCommands,
  wholeSubstitution,
} from './commands.ts';
import { fileNameOf, normalName, outputBlock } from './shown-blocks.ts';
import {
  NOT_TYPED,
  SHOWS_FAILURE,
  anyOutcome,
  endlessReason,
  isLook,
  mayGoOn,
  readerProblem,
} from './typed-command.ts';

const SECOND = 1_000_000_000;
const COMMAND_TIMEOUT_NS = 600 * SECOND;
/** So long a log is followed that does not end. */
const FOLLOW_NS = 30 * SECOND;
/** A reader looks again until things are ready; so long at most. */
const LOOK_AGAIN_NS = 120 * SECOND;

export function isMarkdown(file: string): boolean {
  return /\.(?:md|markdown)$/i.test(file);
}

export function loadTutorial(
  reader: FileReader,
  file: string,
  text: string,
  options: LoadOptions,
): LoadedScenario {
  const texts = new Map([[file, text]]);
  const tutorial = new Tutorial(reader, file, text, options);
  const { source, scenario } = tutorial.read();
  const diagnostics: Diagnostic[] = [...source.diagnostics];
  if (scenario.steps.length === 0 && !source.hasErrors) {
    diagnostics.push(...nothingToRun(file, tutorial.skipped));
  }
  const isBad = diagnostics.some(({ severity }) => severity === 'error');
  return { scenario: isBad ? undefined : scenario, diagnostics, texts };
}

/** Why there is no step: no block, or no command in them that can be typed here. */
function nothingToRun(file: string, skipped: readonly Skipped[]): readonly Diagnostic[] {
  const whole: Diagnostic = {
    severity: 'error',
    code: 'PW3006',
    message: 'the document has no block that can be run',
    file,
    line: 0,
    col: 0,
    hint: 'fence commands as ```bash, ```sh or ```console',
  };
  if (skipped.length === 0) return [whole];
  return skipped.map(({ line, command, why, hint }) => ({
    ...whole,
    message: `not run: ${command}: ${why}`,
    line,
    col: 1,
    hint: hint ?? 'commands are kubectl, oc and those that emulated machines have',
  }));
}

/** A file that stands in the document. */
interface ShownFile {
  readonly text: string;
  /** Its first line. */
  readonly line: number;
}

interface Skipped {
  readonly line: number;
  readonly command: string;
  readonly why: string;
  readonly hint: string | undefined;
}

class Tutorial {
  readonly #file: string;
  readonly #text: string;
  readonly #document: MarkdownDocument;
  readonly #options: LoadOptions;
  readonly #source: Source;
  readonly #files: ScenarioFiles;
  /** Files that blocks have shown so far. */
  readonly #shown = new Map<string, ShownFile>();
  readonly #manifests: ShownFile[] = [];
  readonly #steps: RunStep[] = [];
  readonly skipped: Skipped[] = [];
  /** Shell variables: a text, or the name under which an output is kept. */
  readonly #variables = new Map<string, string>();
  #defaultHost = DEFAULT_CLIENTS[0]?.name ?? 'control-plane';

  constructor(reader: FileReader, file: string, text: string, options: LoadOptions) {
    this.#file = file;
    this.#text = text;
    this.#document = readMarkdown(text);
    this.#options = options;
    // Without front matter there is nothing to be wrong.
    this.#source = new Source(file, this.#document.frontMatter ?? 'name: tutorial\n');
    this.#files = new ScenarioFiles(reader, path.dirname(file));
  }

  read(): { readonly source: Source; readonly scenario: Scenario } {
    const source = this.#source;
    const hasFrontMatter = this.#document.frontMatter !== undefined;
    const given = (hasFrontMatter ? (source.value ?? {}) : {}) as Record<string, unknown>;
    const value = { ...this.#defaults(), ...given, steps: [] };
    checkSchema(source, value);
    const root = new Field(source, [], value);
    if ('steps' in given) {
      root.get('steps').add({
        code: 'PW3001',
        message: 'the steps of a document are its blocks',
        isKey: true,
      });
    }
    const { config, full } = parseCluster(root.get('cluster'), this.#options.provider);
    const underlay = parseUnderlay(root.get('underlay'), full);
    this.#defaultHost = (underlay.clients ?? DEFAULT_CLIENTS)[0]?.name ?? 'control-plane';
    this.#readBlocks();
    const images = parseImages(root.get('images'));
    source.diagnostics.push(...this.#judgeManifests(images, full));
    const scenario: Scenario = {
      name: root.get('name').text ?? '',
      description: root.get('description').text?.trim() ?? '',
      file: this.#file,
      seed: this.#options.seed ?? String(root.get('seed').textOrNumber ?? 1),
      cluster: config,
      underlay,
      images,
      sources: parseSources(root.get('sources')),
      manifests: [],
      steps: this.#steps,
      untilNs: root.get('until').durationNs,
      files: [...this.#files.texts],
      waitsForCluster: true,
      notices: this.skipped.map(({ line, command, why, hint }) => {
        const more = hint === undefined ? '' : ` (${hint})`;
        return `${this.#file}:${line}: not run: ${command}: ${why}${more}`;
      }),
    };
    return { source, scenario };
  }

  /** A document that types `oc` is about OpenShift. */
  #defaults(): Record<string, unknown> {
    const name = path.basename(this.#file).replace(/\.\w+$/, '');
    const typesOc = this.#document.blocks.some(
      ({ language, text }) => isShell(language) && /^(?:\$ )?oc /m.test(text),
    );
    return {
      name:
        name
          .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
          .replaceAll(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '') || 'tutorial',
      description: this.#document.title,
      ...(typesOc ? { cluster: { distribution: 'openshift' } } : {}),
    };
  }

  #readBlocks(): void {
    const { blocks } = this.#document;
    for (const [index, block] of blocks.entries()) {
      const name = fileNameOf(block);
      if (name !== undefined) {
        this.#shown.set(normalName(name), { text: block.text, line: block.line + 1 });
        continue;
      }
      if (!isShell(block.language)) continue;
      const commands = typedCommands(block.text, block.line + 1);
      const shownAfter = hasPrompts(block.text) ? undefined : outputBlock(blocks, index);
      for (const [at, command] of commands.entries()) {
        const isLast = at === commands.length - 1;
        const output = command.output ?? (isLast ? shownAfter : undefined);
        this.#addCommand({ ...command, output }, /\bfails?\b/.test(block.attributes));
      }
    }
  }

  #addCommand(command: TypedCommand, failsByInfo: boolean): void {
    if (command.writes !== undefined) {
      const file = { text: this.#fillStdin(command), line: command.stdinLine };
      this.#shown.set(normalName(command.writes), file);
      return;
    }
    const assigned = /^(?:export\s+)?([A-Za-z_]\w*)=(.*)$/s.exec(command.text);
    if (assigned === null) {
      this.#type(command, command.text, { failsByInfo });
      return;
    }
    const [, name = '', value = ''] = assigned;
    const inner = wholeSubstitution(value);
    if (inner !== undefined) {
      if (this.#type(command, inner, { failsByInfo, save: name })) {
        this.#variables.set(name, `{{${name}}}`);
      }
      return;
    }
    const text = this.#substitute(command, value);
    if (text === undefined) return;
    const { words, problem } = splitCommandLine(this.#fill(text));
    if (words.length > 1) this.#skip(command, 'a variable for one command alone is not supported');
    else if (problem !== undefined && value.trim() !== '') {
      this.#skip(command, problem.message, problem.hint);
    } else this.#variables.set(name, words[0] ?? '');
  }

  /** Adds the step that types a command; false, with a notice, when it cannot be typed. */
  #type(
    command: TypedCommand,
    written: string,
    { failsByInfo, save }: { readonly failsByInfo: boolean; readonly save?: string },
  ): boolean {
    const text = this.#substitute(command, written);
    if (text === undefined) return false;
    const [first = '', ...readers] = splitPipeline(this.#fill(text));
    const { words, problem } = splitCommandLine(first);
    if (problem !== undefined) return this.#skip(command, problem.message, problem.hint);
    for (const reader of readers) {
      const why = readerProblem(reader);
      if (why !== undefined) return this.#skip(command, why);
    }
    const program = words[0] ?? '';
    const isKubectl = program === 'kubectl' || program === 'oc';
    if (!isKubectl && (!COMMANDS.has(program) || NOT_TYPED.has(program))) {
      return this.#skip(command, `${program} is no command that podwire knows`);
    }
    const endless = endlessReason(words);
    if (endless !== undefined) return this.#skip(command, endless);
    this.#takeFiles(words);
    const typed = this.#stepOf(command, words, { save, failsByInfo, isKubectl });
    const step = readers.length === 0 ? typed : { ...typed, pipe: readers.join(' | ') };
    this.#steps.push(step);
    if (isKubectl && step.expect === undefined) this.#noteManifests(step, command.stdinLine);
    return true;
  }

  /**
   * Each `$(command)` of a line is typed before it, and its output put in its place. Undefined, with a notice, when that
   * cannot be typed.
   */
  #substitute(command: TypedCommand, written: string): string | undefined {
    let text = written;
    for (let found = findSubstitution(text); found !== undefined; found = findSubstitution(text)) {
      const save = `output${this.#steps.length + 1}`;
      const inner = { ...command, text: found.inner, output: undefined, stdin: '' };
      if (!this.#type(inner, found.inner, { failsByInfo: false, save })) return undefined;
      text = `${text.slice(0, found.start)}{{${save}}}${text.slice(found.end)}`;
    }
    return text;
  }

  #stepOf(
    command: TypedCommand,
    argv: readonly string[],
    {
      save,
      failsByInfo,
      isKubectl,
    }: { save: string | undefined; failsByInfo: boolean; isKubectl: boolean },
  ): RunStep {
    const { output, line, text } = command;
    const pos = { file: this.#file, line, col: 1 };
    const isFollowing = mayGoOn(argv);
    const mayFail =
      failsByInfo || isFollowing || (output !== undefined && SHOWS_FAILURE.test(output));
    return {
      kind: 'run',
      name: text,
      pos,
      atNs: undefined,
      command: text,
      argv,
      from: isKubectl ? 'control-plane' : this.#defaultHost,
      fromPod: undefined,
      stdin: this.#fillStdin(command),
      timeoutNs: isFollowing ? FOLLOW_NS : COMMAND_TIMEOUT_NS,
      repeat: 1,
      intervalNs: 0,
      retryNs: isLook(argv) && !isFollowing ? LOOK_AGAIN_NS : undefined,
      expect: mayFail ? anyOutcome(pos) : undefined,
      save,
      files: [...this.#shown].map(([name, file]) => [name, file.text]),
      ...(output === undefined
        ? {}
        : { documented: { text: output, isStrict: this.#options.strict === true } }),
    };
  }

  /** Variables that are known become their values; others stay for the reader of the output. */
  #fill(text: string): string {
    return text.replaceAll(
      /\$(?:\{(\w+)\}|(\w+))/g,
      (all, braced: string | undefined, bare: string | undefined) =>
        this.#variables.get(braced ?? bare ?? '') ?? all,
    );
  }

  /** What a command applies that should be taken is judged before the run. */
  #noteManifests({ argv, stdin }: RunStep, stdinLine: number): void {
    for (const name of fileArguments(argv)) {
      const file =
        name === '-' ? { text: stdin, line: stdinLine } : this.#shown.get(normalName(name));
      const isKnown = this.#manifests.some(({ line }) => line === file?.line);
      if (file !== undefined && file.line > 0 && !isKnown && savedNamesIn(file.text).length === 0) {
        this.#manifests.push(file);
      }
    }
  }

  /** Problems of the manifests that stand in the document, at their places in it. */
  #judgeManifests(images: Scenario['images'], cluster: FullCluster): Diagnostic[] {
    const document = this.#text.split('\n');
    return this.#manifests.flatMap(({ text, line: first }) => {
      const lines = text.split('\n');
      const checks = { cluster, images, options: this.#options };
      const place = { file: this.#file, lineOffset: first - 1 };
      return checkText(checks, text, place).map((found) => {
        // A block in a list is indented.
        const indent = document[found.line - 1]?.indexOf(lines[found.line - first] ?? '') ?? 0;
        return { ...found, col: found.col + Math.max(0, indent) };
      });
    });
  }

  /** A shell fills in variables unless the word after `<<` is quoted. */
  #fillStdin({ stdin, isLiteral }: TypedCommand): string {
    return isLiteral ? stdin : this.#fill(stdin);
  }

  #skip({ text, line }: TypedCommand, why: string, hint?: string): false {
    const [command = ''] = text.split('\n');
    this.skipped.push({ line, command, why, hint });
    return false;
  }

  /** Files of the document's folder that a command names and no block shows. */
  #takeFiles(words: readonly string[]): void {
    for (const word of words.slice(1)) {
      const name = word.slice(word.lastIndexOf('=') + 1);
      if (!/[./]/.test(name) || name.includes('://') || this.#shown.has(normalName(name))) continue;
      if (this.#files.has(name)) this.#files.add(name, new Field(this.#source, [], name));
    }
  }
}
