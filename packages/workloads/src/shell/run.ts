/**
 * Runs parsed shell scripts: control flow, builtins, redirections, pipes.
 *
 * Pipes run their commands one after the other, each on the whole output of the one before. The commands
 * themselves are those of the machine (run-command.ts).
 */
import { NS_PER_SEC } from '@podwire/base';
import { type Proc, type Process, sleep } from '@podwire/engine';
import { type CommandContext, changedContext } from '../context.ts';
import { type ExpandEnv, expandText, expandWord } from './expand.ts';
import { type Redirect, type ShellCommand, type ShellList, parseShell } from './parse.ts';

/** Thrown by nobody: how a list ended. */
type Flow = 'next' | 'exit' | 'break' | 'continue';

export class Shell {
  readonly #name: string;
  readonly #variables: Map<string, string>;
  readonly #arguments: readonly string[];
  readonly #jobs: Process<unknown>[] = [];
  #traps = new Map<string, string>();
  #ctx: CommandContext;
  #flow: Flow = 'next';
  #exitOnError = false;
  status = 0;

  constructor(
    ctx: CommandContext,
    name: string,
    args: readonly string[],
    variables?: ReadonlyMap<string, string>,
  ) {
    this.#ctx = ctx;
    this.#name = name;
    this.#arguments = args;
    this.#variables = new Map(variables ?? ctx.env);
  }

  /** Runs a script to its end; the exit status. */
  *run(script: string): Proc<number> {
    const list = parseShell(script);
    if ('kind' in list) {
      this.#ctx.err(`${this.#name}: ${list.message}\n`);
      return 2;
    }
    try {
      yield* this.#list(list);
      yield* this.#trap('EXIT');
      return this.status;
    } finally {
      for (const job of this.#jobs) job.cancel();
    }
  }

  *#list(list: ShellList): Proc {
    let skip: 'none' | 'and' | 'or' = 'none';
    for (const { pipeline, operator } of list.items) {
      const isSkipped =
        (skip === 'and' && this.status !== 0) || (skip === 'or' && this.status === 0);
      if (!isSkipped) {
        if (operator === '&') this.#background({ items: [{ pipeline, operator: ';' }] });
        else yield* this.#pipeline(pipeline.commands, pipeline.isNegated);
        if (this.#ctx.signals.isTerminated) yield* this.#trap('TERM');
        if (this.#flow !== 'next') return;
        if (this.#exitOnError && this.status !== 0 && operator === ';' && skip === 'none') {
          this.#flow = 'exit';
          return;
        }
      }
      skip = operator === '&&' ? 'and' : operator === '||' ? 'or' : 'none';
    }
  }

  #background(list: ShellList): void {
    const shell = this.#subshell(this.#ctx);
    this.#jobs.push(this.#ctx.sim.spawn(`${this.#name} &`, shell.#runList(list)));
    this.status = 0;
  }

  *#runList(list: ShellList): Proc<number> {
    try {
      yield* this.#list(list);
      return this.status;
    } finally {
      for (const job of this.#jobs) job.cancel();
    }
  }

  #subshell(ctx: CommandContext): Shell {
    return new Shell(ctx, this.#name, this.#arguments, this.#variables);
  }

  *#pipeline(commands: readonly ShellCommand[], isNegated: boolean): Proc {
    let stdin = this.#ctx.stdin;
    for (const [index, command] of commands.entries()) {
      const isLast = index === commands.length - 1;
      if (isLast && commands.length === 1) {
        yield* this.#command(command);
        break;
      }
      let output = '';
      const outer = this.#ctx;
      const ctx = changedContext(outer, {
        isTty: isLast && outer.isTty === true,
        ...(stdin === undefined ? {} : { stdin }),
        ...(isLast
          ? {}
          : {
              out: (text: string) => {
                output += text;
              },
            }),
      });
      const shell = this.#subshell(ctx);
      yield* shell.#command(command);
      this.status = shell.status;
      stdin = output;
    }
    if (isNegated) this.status = this.status === 0 ? 1 : 0;
  }

  *#command(command: ShellCommand): Proc {
    const outer = this.#ctx;
    const redirected = yield* this.#redirect(command.redirects);
    if (redirected === undefined) return;
    this.#ctx = redirected.ctx;
    try {
      switch (command.kind) {
        case 'simple':
          yield* this.#simple(command.assignments, command.words);
          break;
        case 'loop':
          yield* this.#loop(command.condition, command.body, command.isUntil);
          break;
        case 'for':
          yield* this.#for(command.name, command.words, command.body);
          break;
        case 'if':
          yield* this.#if(command.branches, command.otherwise);
          break;
        case 'group':
          if (command.isSubshell)
            this.status = yield* this.#subshell(this.#ctx).#runList(command.body);
          else yield* this.#list(command.body);
          break;
      }
    } finally {
      this.#ctx = outer;
      redirected.finish();
    }
  }

  *#loop(condition: ShellList, body: ShellList, isUntil: boolean): Proc {
    let status = 0;
    for (let turn = 0; ; turn++) {
      // A loop that never waits would stop virtual time: each turn costs a little of it.
      if (turn > 0) yield* sleep(LOOP_TURN_NS);
      yield* this.#list(condition);
      if (this.#flow !== 'next' || (this.status === 0) === isUntil) break;
      yield* this.#list(body);
      status = this.status;
      if (this.#leaveLoop()) break;
    }
    if (this.#flow === 'next') this.status = status;
  }

  *#for(name: string, words: readonly string[], body: ShellList): Proc {
    const values: string[] = [];
    for (const word of words) values.push(...(yield* this.#expand(word)));
    for (const value of values) {
      this.#variables.set(name, value);
      yield* this.#list(body);
      if (this.#leaveLoop()) break;
    }
  }

  /** Whether the loop ends here; `break` and `continue` are used up. */
  #leaveLoop(): boolean {
    if (this.#flow === 'continue') this.#flow = 'next';
    if (this.#flow === 'break') {
      this.#flow = 'next';
      return true;
    }
    return this.#flow === 'exit';
  }

  *#if(
    branches: readonly { readonly condition: ShellList; readonly body: ShellList }[],
    otherwise: ShellList | undefined,
  ): Proc {
    for (const { condition, body } of branches) {
      yield* this.#list(condition);
      if (this.#flow !== 'next') return;
      if (this.status !== 0) continue;
      yield* this.#list(body);
      return;
    }
    this.status = 0;
    if (otherwise !== undefined) yield* this.#list(otherwise);
  }

  *#simple(assignments: readonly (readonly [string, string])[], words: readonly string[]): Proc {
    const argv: string[] = [];
    for (const word of words) argv.push(...(yield* this.#expand(word)));
    const name = argv[0];
    if (name === undefined) {
      this.status = 0;
      for (const [variable, value] of assignments) {
        this.#variables.set(variable, yield* expandText(this.#env(), value));
      }
      return;
    }
    if (yield* this.#builtin(name, argv)) return;
    const command = this.#ctx.find(name);
    if (command === undefined) {
      const reason = name.includes('/') ? 'No such file or directory' : 'not found';
      this.#ctx.err(`${this.#name}: ${name}: ${reason}\n`);
      this.status = 127;
      return;
    }
    const env = new Map(this.#variables);
    for (const [variable, value] of assignments) {
      env.set(variable, yield* expandText(this.#env(), value));
    }
    const pid = this.#ctx.processes.add(argv.join(' '), this.#ctx.sim.nowNs());
    try {
      this.status = yield* command(changedContext(this.#ctx, { env }), argv);
    } finally {
      this.#ctx.processes.remove(pid);
    }
  }

  /** Runs a builtin; false when the name is none. */
  *#builtin(name: string, argv: readonly string[]): Proc<boolean> {
    const argument = argv[1] ?? '';
    switch (name) {
      case ':':
        this.status = 0;
        return true;
      case 'exit':
        this.status = argument === '' ? this.status : Number.parseInt(argument, 10) & 0xff;
        this.#flow = 'exit';
        return true;
      case 'break':
      case 'continue':
        this.#flow = name;
        return true;
      case 'export':
      case 'local':
      case 'readonly':
        for (const word of argv.slice(1)) {
          const equals = word.indexOf('=');
          if (equals > 0) this.#variables.set(word.slice(0, equals), word.slice(equals + 1));
        }
        this.status = 0;
        return true;
      case 'unset':
        for (const word of argv.slice(1)) this.#variables.delete(word);
        this.status = 0;
        return true;
      case 'set':
        if (/^-\w*e/.test(argument)) this.#exitOnError = true;
        this.status = 0;
        return true;
      case 'cd':
        this.status = 0;
        return true;
      case 'trap':
        for (const signal of argv.slice(2)) {
          this.#traps.set(signal.replace(/^SIG/, '').replace(/^15$/, 'TERM'), argument);
        }
        this.status = 0;
        return true;
      case 'wait':
        yield* this.#wait();
        return true;
      case 'exec': {
        if (argv.length === 1) return true;
        yield* this.#simple([], argv.slice(1).map(quoteWord));
        this.#flow = 'exit';
        return true;
      }
      case 'eval': {
        const list = parseShell(argv.slice(1).join(' '));
        if ('kind' in list) this.status = 2;
        else yield* this.#list(list);
        return true;
      }
      default:
        return false;
    }
  }

  /** Waits for background jobs, or for a signal that has a trap. */
  *#wait(): Proc {
    for (const job of this.#jobs) {
      while (!job.isDone) {
        if (this.#ctx.signals.isTerminated && this.#traps.has('TERM')) {
          this.status = 143;
          return;
        }
        yield* job.done.wait(NS_PER_SEC);
      }
    }
    this.status = 0;
  }

  /** Runs what was set for a signal or the end, once. */
  *#trap(signal: string): Proc {
    const script = this.#traps.get(signal);
    if (script === undefined) return;
    this.#traps.delete(signal);
    const list = parseShell(script);
    const status = this.status;
    if (!('kind' in list)) {
      const flow = this.#flow;
      this.#flow = 'next';
      yield* this.#list(list);
      if (this.#flow === 'next') {
        this.#flow = flow;
        this.status = status;
      }
    }
  }

  *#expand(word: string): Proc<string[]> {
    return yield* expandWord(this.#env(), word);
  }

  #env(): ExpandEnv {
    return {
      get: (name) => {
        if (name === '?') return String(this.status);
        if (name === '$') return '1';
        if (name === '#') return String(Math.max(this.#arguments.length - 1, 0));
        if (name === '@' || name === '*') return this.#arguments.slice(1).join(' ');
        if (/^\d+$/.test(name)) return this.#arguments[Number(name)] ?? '';
        if (name === 'RANDOM') return String(this.#ctx.sim.rng('sh').below(32768));
        return this.#variables.get(name);
      },
      set: (name, value) => {
        this.#variables.set(name, value);
      },
      substitute: (script) => this.#substitute(script),
    };
  }

  *#substitute(script: string): Proc<string> {
    let output = '';
    const ctx = changedContext(this.#ctx, {
      isTty: false,
      out: (text) => {
        output += text;
      },
    });
    const shell = this.#subshell(ctx);
    this.status = yield* shell.run(script);
    return output.replace(/\n+$/, '');
  }

  *#redirect(
    redirects: readonly Redirect[],
  ): Proc<{ ctx: CommandContext; finish: () => void } | undefined> {
    const base = this.#ctx;
    if (redirects.length === 0) return { ctx: base, finish: () => {} };
    let { out, err, stdin } = base;
    const finishers: (() => void)[] = [];
    for (const redirect of redirects) {
      const target = yield* expandText(this.#env(), redirect.target);
      if (redirect.kind === 'dup') {
        if (redirect.fd === 2 && target === '1') err = out;
        else if (redirect.fd === 1 && target === '2') out = err;
        continue;
      }
      if (redirect.kind === 'read') {
        stdin = base.fs.read(target);
        if (stdin !== undefined) continue;
        base.err(`${this.#name}: can't open ${target}: No such file or directory\n`);
        this.status = 2;
        return undefined;
      }
      const sink = this.#fileSink(target, redirect.kind === 'append');
      if (sink === undefined) {
        base.err(`${this.#name}: can't create ${target}: Permission denied\n`);
        this.status = 2;
        return undefined;
      }
      if (redirect.fd === 2) err = sink.write;
      else out = sink.write;
      finishers.push(sink.finish);
    }
    const ctx = changedContext(base, {
      isTty: false,
      out,
      err,
      ...(stdin === undefined ? {} : { stdin }),
    });
    return {
      ctx,
      finish: () => {
        for (const finish of finishers) finish();
      },
    };
  }

  #fileSink(
    path: string,
    isAppended: boolean,
  ): { write: (text: string) => void; finish: () => void } | undefined {
    const { fs } = this.#ctx;
    if (path === '/dev/null') return { write: () => {}, finish: () => {} };
    if (path === '/dev/stdout' || path === '/proc/1/fd/1') {
      return { write: this.#ctx.out, finish: () => {} };
    }
    if (path === '/dev/stderr' || path === '/proc/1/fd/2') {
      return { write: this.#ctx.err, finish: () => {} };
    }
    let text = isAppended ? (fs.read(path) ?? '') : '';
    if (!fs.write(path, text)) return undefined;
    return {
      write: (more) => {
        text += more;
        fs.write(path, text);
      },
      finish: () => {},
    };
  }
}

/** Virtual time of a turn of a loop that waits for nothing. */
const LOOP_TURN_NS = 1_000_000;

function quoteWord(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
