/**
 * `iptables-restore`: reads the text of whole tables and puts each in force at its COMMIT.
 */
import { netfilterOf } from '../tables.ts';
import type { NetNs } from '../../netns.ts';
import type { Policy } from './chain.ts';
import type { Rule, TableName } from './rule.ts';
import { TABLE_NAMES } from './rule.ts';
import { splitWords } from './split-words.ts';
import { type EditError, NO_CHAIN, TableEdit } from './table-edit.ts';

export const VERSION = 'v1.8.9 (nf_tables)';

/** What iptables-restore prints on standard error, and its exit status. */
export interface IptablesError {
  readonly text: string;
  readonly exitCode: number;
}

export interface RestoreOptions {
  /** Keep what the text does not name. */
  readonly noflush?: boolean;
  /** Take the counters of the text. */
  readonly counters?: boolean;
}

export function iptablesRestore(
  ns: NetNs,
  text: string,
  options: RestoreOptions = {},
): IptablesError | undefined {
  return new Restore(ns, options).run(text);
}

const NAME = 'iptables-restore';
const HELP = `Try \`${NAME} -h' or '${NAME} --help' for more information.\n`;

class Restore {
  readonly #ns: NetNs;
  readonly #options: RestoreOptions;
  #edit: TableEdit | undefined;
  #line = 0;
  /** Rules read for a chain and not yet in the edit: kube-proxy's long chains come in one run. */
  #pending: { chain: string; rules: Rule[] } | undefined;

  constructor(ns: NetNs, options: RestoreOptions) {
    this.#ns = ns;
    this.#options = options;
  }

  run(text: string): IptablesError | undefined {
    const lines = text.split('\n');
    if (lines.at(-1) === '') lines.pop();
    for (const line of lines) {
      this.#line++;
      const error = this.#readLine(line);
      if (error !== undefined) return error;
    }
    if (this.#edit !== undefined) {
      return { text: `${NAME}: COMMIT expected at line ${this.#line + 1}\n`, exitCode: 1 };
    }
    return undefined;
  }

  #readLine(line: string): IptablesError | undefined {
    if (line === '' || line.startsWith('#')) return undefined;
    const edit = this.#edit;
    if (edit === undefined) return this.#openTable(line);
    if (line.trimEnd() === 'COMMIT') {
      const error = this.#flushPending(edit) ?? edit.commit();
      this.#edit = undefined;
      return error === undefined ? undefined : this.#report(error, '');
    }
    if (line.startsWith(':')) return this.#declare(edit, line);
    return this.#command(edit, line);
  }

  #openTable(line: string): IptablesError | undefined {
    if (!line.startsWith('*')) {
      return { text: `${NAME}: line ${this.#line} failed\n`, exitCode: 1 };
    }
    const name = line.slice(1).trim();
    const known = TABLE_NAMES.find((one) => one === name);
    if (known === undefined) {
      const text = `${NAME}: line ${this.#line} table name '${name}' invalid`;
      return this.#report({ kind: 'parameter', text }, '');
    }
    this.#edit = new TableEdit(netfilterOf(this.#ns), known satisfies TableName);
    if (this.#options.noflush !== true) this.#edit.flushTable();
    return undefined;
  }

  /** `:CHAIN POLICY [packets:bytes]`. */
  #declare(edit: TableEdit, line: string): IptablesError | undefined {
    const [name = '', policy, counters] = line.slice(1).trim().split(/\s+/);
    if (name === '') {
      return this.#report(
        { kind: 'parameter', text: `${NAME}: line ${this.#line} chain name invalid` },
        '',
      );
    }
    if (policy === undefined) {
      return this.#report(
        { kind: 'parameter', text: `${NAME}: line ${this.#line} policy invalid` },
        '',
      );
    }
    const problem = this.#flushPending(edit);
    if (problem !== undefined) return this.#report(problem, name);
    if (!edit.isBase(name)) {
      const error = edit.declareChain(name);
      return error === undefined ? undefined : this.#report(error, name);
    }
    if (policy !== 'ACCEPT' && policy !== 'DROP' && policy !== '-') {
      return this.#report({ kind: 'lookup', text: 'Bad policy name.' }, name);
    }
    const parsed = /^\[(\d+):(\d+)\]$/.exec(counters ?? '');
    const numbers: [number, number] | undefined =
      this.#options.counters === true && parsed !== null
        ? [Number(parsed[1]), Number(parsed[2])]
        : undefined;
    if (policy !== '-') edit.setPolicy(name, policy satisfies Policy, numbers);
    return undefined;
  }

  #command(edit: TableEdit, line: string): IptablesError | undefined {
    const quick = /^-A (\S+) (.*)$/.exec(line);
    if (quick !== null) return this.#append(edit, quick[1] ?? '', quick[2] ?? '');
    const words = splitWords(line);
    if (typeof words === 'string') {
      return this.#report({ kind: 'parameter', text: words }, '');
    }
    let counters: string[] = [];
    const counted = /^\[(\d+):(\d+)\]$/.exec(words[0] ?? '');
    if (counted !== null) {
      words.shift();
      counters = ['-c', counted[1] ?? '0', counted[2] ?? '0'];
    }
    const problem = this.#flushPending(edit);
    if (problem !== undefined) return this.#report(problem, '');
    const [command = '', chain = '', ...rest] = words;
    const error = this.#apply(edit, command, chain, [...counters, ...rest]);
    return error === undefined ? undefined : this.#report(error, chain);
  }

  #append(edit: TableEdit, chain: string, rest: string): IptablesError | undefined {
    const words = splitWords(rest);
    if (typeof words === 'string') {
      return this.#report({ kind: 'parameter', text: words }, chain);
    }
    const parsed = edit.parse(chain, words, rest);
    if (!('rules' in parsed)) return this.#report(parsed, chain);
    if (!edit.chains.has(chain)) return this.#report({ kind: 'lookup', text: NO_CHAIN }, chain);
    if (this.#pending?.chain !== chain) {
      const problem = this.#flushPending(edit);
      if (problem !== undefined) return this.#report(problem, chain);
      this.#pending = { chain, rules: [] };
    }
    this.#pending?.rules.push(...parsed.rules);
    return undefined;
  }

  #flushPending(edit: TableEdit): EditError | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending === undefined ? undefined : edit.appendAll(pending.chain, pending.rules);
  }

  #apply(
    edit: TableEdit,
    command: string,
    chain: string,
    rest: readonly string[],
  ): EditError | undefined {
    switch (command) {
      case '-N':
      case '--new-chain':
        return edit.newChain(chain);
      case '-X':
      case '--delete-chain':
        return edit.deleteChain(chain);
      case '-F':
      case '--flush':
        if (chain !== '') return edit.flush(chain);
        for (const name of edit.chains.keys()) edit.flush(name);
        return undefined;
      case '-Z':
        return chain === '' ? undefined : edit.zero(chain);
      case '-P': {
        const policy = rest[0];
        if (policy !== 'ACCEPT' && policy !== 'DROP') {
          return { kind: 'lookup', text: 'Bad policy name.' };
        }
        edit.setPolicy(chain, policy);
        return undefined;
      }
      case '-A':
      case '--append':
      case '-I':
      case '--insert':
      case '-D':
      case '--delete':
        return this.#changeRules(edit, command, chain, rest);
      default:
        if (!command.startsWith('-')) return { kind: 'usage', text: `Bad argument \`${command}'` };
        return { kind: 'parameter', text: `unknown option "${command}"` };
    }
  }

  #changeRules(
    edit: TableEdit,
    command: string,
    chain: string,
    rest: readonly string[],
  ): EditError | undefined {
    const isDelete = command === '-D' || command === '--delete';
    const isInsert = command === '-I' || command === '--insert';
    const number = /^\d+$/.test(rest[0] ?? '') ? Number(rest[0]) : undefined;
    if (isDelete && number !== undefined) return edit.deleteAt(chain, number - 1);
    const words = isInsert && number !== undefined ? rest.slice(1) : rest;
    const parsed = edit.parse(chain, words);
    if (!('rules' in parsed)) return parsed;
    if (isDelete) return edit.deleteRule(chain, parsed);
    if (isInsert) return edit.insert(chain, (number ?? 1) - 1, parsed);
    return edit.append(chain, parsed, this.#options.counters === true);
  }

  #report(error: EditError, chain: string): IptablesError {
    const line = this.#line;
    switch (error.kind) {
      case 'lookup':
      case 'not-listed':
        return { text: `${NAME}: line ${line} failed: ${error.text}\n`, exitCode: 1 };
      case 'kernel': {
        const where = error.text.startsWith('CHAIN_DEL') ? '' : `: rule in chain ${chain}`;
        return {
          text: `${NAME} ${VERSION}: \nline ${line}: ${error.text}${where}\n`,
          exitCode: 4,
        };
      }
      case 'usage':
        return { text: `${error.text}\nError occurred at line: ${line}\n${HELP}`, exitCode: 2 };
      case 'missing-chain':
      case 'parameter':
        return {
          text: `${NAME} ${VERSION}: ${error.text}\nError occurred at line: ${line}\n${HELP}`,
          exitCode: 2,
        };
    }
  }
}
