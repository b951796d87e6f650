/**
 * A Markdown document → a scenario whose steps are the commands of its blocks, in order.
 *
 * Front matter describes the cluster as a scenario file does. YAML blocks that name a file are files for the commands
 * after them. What cannot be typed in the emulated world is left out and told.
 */
import path from 'node:path';
import type { Diagnostic } from '@podwire/base';
import { DEFAULT_CLIENTS } from '@podwire/cluster';
import { COMMANDS } from '@podwire/workloads';
import { splitCommandLine } from '../command-line.ts';
import { Field } from '../field.ts';
import { type FileReader, ScenarioFiles } from '../files.ts';
import { parseCluster, parseImages, parseSources, parseUnderlay } from '../parse-cluster.ts';
import type { LoadOptions, LoadedScenario } from '../parse.ts';
import type { Expectation, RunStep, Scenario } from '../scenario.ts';
import { checkSchema } from '../schema.ts';
import { Source } from '../source.ts';
import { type FencedBlock, type MarkdownDocument, readMarkdown } from './blocks.ts';
import { type TypedCommand, hasPrompts, isShell, typedCommands } from './commands.ts';

const SECOND = 1_000_000_000;
const COMMAND_TIMEOUT_NS = 600 * SECOND;
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
  const document = readMarkdown(text);
  const texts = new Map([[file, text]]);
  const tutorial = new Tutorial(reader, file, document, options);
  const { source, scenario } = tutorial.read();
  const diagnostics: Diagnostic[] = [...source.diagnostics];
  if (scenario.steps.length === 0 && !source.hasErrors) {
    diagnostics.push({
      severity: 'error',
      code: 'PW3006',
      message: 'the document has no block that can be run',
      file,
      line: 0,
      col: 0,
      hint: 'fence commands as ```bash, ```sh or ```console',
    });
  }
  const isBad = diagnostics.some(({ severity }) => severity === 'error');
  return { scenario: isBad ? undefined : scenario, diagnostics, texts };
}

class Tutorial {
  readonly #file: string;
  readonly #document: MarkdownDocument;
  readonly #options: LoadOptions;
  readonly #source: Source;
  readonly #files: ScenarioFiles;
  /** Files that blocks have shown so far. */
  readonly #shown = new Map<string, string>();
  readonly #steps: RunStep[] = [];
  readonly #skipped: string[] = [];
  /** Shell variables: a text, or the name under which an output is kept. */
  readonly #variables = new Map<string, string>();
  #defaultHost = DEFAULT_CLIENTS[0]?.name ?? 'control-plane';

  constructor(reader: FileReader, file: string, document: MarkdownDocument, options: LoadOptions) {
    this.#file = file;
    this.#document = document;
    this.#options = options;
    // Without front matter there is nothing to be wrong.
    this.#source = new Source(file, document.frontMatter ?? 'name: tutorial\n');
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
    const scenario: Scenario = {
      name: root.get('name').text ?? '',
      description: root.get('description').text?.trim() ?? '',
      file: this.#file,
      seed: this.#options.seed ?? String(root.get('seed').textOrNumber ?? 1),
      cluster: config,
      underlay,
      images: parseImages(root.get('images')),
      sources: parseSources(root.get('sources')),
      manifests: [],
      steps: this.#steps,
      untilNs: root.get('until').durationNs,
      files: [...this.#files.texts],
      waitsForCluster: true,
      notices: this.#skipped,
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
        this.#shown.set(normalName(name), block.text);
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
      this.#shown.set(normalName(command.writes), command.stdin);
      return;
    }
    const assigned = /^(?:export\s+)?([A-Za-z_]\w*)=(.*)$/s.exec(command.text);
    const inner = /^["']?\$\((.*)\)["']?$/s.exec(assigned?.[2] ?? '')?.[1];
    if (assigned !== null && inner === undefined) {
      const { words } = splitCommandLine(this.#fill(assigned[2] ?? ''));
      this.#variables.set(assigned[1] ?? '', words[0] ?? '');
      return;
    }
    const written = inner ?? command.text;
    const { words, problem } = splitCommandLine(this.#fill(written));
    if (problem !== undefined) {
      const hint = problem.hint === undefined ? '' : ` (${problem.hint})`;
      this.#skip(command, `${problem.message}${hint}`);
      return;
    }
    const program = words[0] ?? '';
    const isKubectl = program === 'kubectl' || program === 'oc';
    if (!isKubectl && (!COMMANDS.has(program) || NOT_TYPED.has(program))) {
      this.#skip(command, `${program} is no command that podwire knows`);
      return;
    }
    const save = inner === undefined ? undefined : (assigned?.[1] ?? '');
    if (save !== undefined) this.#variables.set(save, `{{${save}}}`);
    this.#takeFiles(words);
    this.#steps.push(this.#stepOf(command, words, { save, failsByInfo, isKubectl }));
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
    const { output, line, text, stdin } = command;
    const pos = { file: this.#file, line, col: 1 };
    const mayFail = failsByInfo || (output !== undefined && SHOWS_FAILURE.test(output));
    return {
      kind: 'run',
      name: text,
      pos,
      atNs: undefined,
      command: text,
      argv,
      from: isKubectl ? 'control-plane' : this.#defaultHost,
      fromPod: undefined,
      stdin,
      timeoutNs: COMMAND_TIMEOUT_NS,
      repeat: 1,
      intervalNs: 0,
      retryNs: isLook(argv) ? LOOK_AGAIN_NS : undefined,
      expect: mayFail ? anyOutcome(pos) : undefined,
      save,
      files: [...this.#shown],
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

  #skip({ text, line }: TypedCommand, why: string): void {
    const [first = ''] = text.split('\n');
    this.#skipped.push(`${this.#file}:${line}: not run: ${first}: ${why}`);
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

/** Programs of nodes and images that nobody types at a laptop. */
const NOT_TYPED: ReadonlySet<string> = new Set([
  'docker',
  'crictl',
  'nginx',
  'httpd',
  'python',
  'python3',
  'mkdir',
  'touch',
]);

/** An output that shows that the command failed. */
const SHOWS_FAILURE =
  /^(?:error: |Error from server|curl: \(\d+\)|command terminated with exit code|Unable to connect|The connection to the server|--> Failed)/m;

/** Verbs that change nothing: they may be asked again. */
const LOOKS: ReadonlySet<string> = new Set([
  'get',
  'describe',
  'logs',
  'exec',
  'rsh',
  'wait',
  'status',
  'events',
  'top',
]);

function isLook(argv: readonly string[]): boolean {
  const [program = '', verb = '', sub = ''] = argv;
  if (program !== 'kubectl' && program !== 'oc') return true;
  return LOOKS.has(verb) || (verb === 'rollout' && sub === 'status');
}

function anyOutcome(pos: Expectation['pos']): Expectation {
  return {
    pos,
    exit: undefined,
    output: undefined,
    stderr: {
      contains: [],
      notContains: [],
      matches: [],
      notMatches: [],
      equals: undefined,
      lines: undefined,
    },
    json: [],
    status: undefined,
    backends: undefined,
    source: undefined,
    withinNs: undefined,
    atLeastNs: undefined,
    successes: undefined,
  };
}

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
function outputBlock(blocks: readonly FencedBlock[], index: number): string | undefined {
  const next = blocks[index + 1];
  if (next === undefined || next.beginsSection || !OUTPUTS.has(next.language)) return undefined;
  if (fileNameOf(next) !== undefined || hasPrompts(next.text)) return undefined;
  return next.text;
}

const FILE_NAME = /^[\w./-]+\.(?:ya?ml|json)$/;

/** The file that a block shows: by its title, by the words before it, or by its first comment. */
function fileNameOf({ language, attributes, text, lead }: FencedBlock): string | undefined {
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

function normalName(name: string): string {
  return name.replace(/^\.\//, '');
}
