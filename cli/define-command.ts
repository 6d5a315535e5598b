import { parseArgs } from 'node:util';
import type { ExitCode } from './cli-error.ts';
import { createUsageError } from './cli-error.ts';
import type { Client } from './client/client.ts';
import type { Host } from './host.ts';
import type { Terminal } from './terminal.ts';

export type OptionSpec = {
  readonly type: 'string' | 'boolean';
  readonly multiple?: boolean;
  readonly short?: string;
  readonly help: string;
  /** What stands for the value in help: "FILE". */
  readonly value?: string;
};
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

type OptionValue<O extends OptionSpec> = O['type'] extends 'boolean' ? boolean : string;
export type OptionValues<O extends OptionSpecs> = {
  readonly [name in keyof O]?: O[name]['multiple'] extends true
    ? OptionValue<O[name]>[]
    : OptionValue<O[name]>;
};

/** What a command has to work with. */
export type CommandContext = {
  readonly host: Host;
  readonly terminal: Terminal;
  /** Made when it is first asked for: help and usage errors need no server. */
  client(): Promise<Client>;
  readonly url: string | undefined;
  verbose(text: string): void;
};

export type CommandSpec<O extends OptionSpecs> = {
  /** As it is typed: "plan show". */
  readonly name: string;
  readonly summary: string;
  /** What follows the name: "PLAN TASK [--follow]". */
  readonly usage: string;
  /** How many words it takes beside options. */
  readonly words: { readonly min: number; readonly max: number };
  readonly options: O;
  /** Further lines of its help. */
  readonly details?: string;
  run(
    context: CommandContext,
    words: readonly string[],
    values: OptionValues<O>,
  ): Promise<ExitCode>;
};

export type Command = {
  readonly name: string;
  readonly summary: string;
  readonly usage: string;
  readonly options: OptionSpecs;
  readonly details?: string | undefined;
  /** Checks the arguments, then answers what runs. */
  prepare(args: readonly string[]): {
    readonly globals: GlobalValues;
    run(context: CommandContext): Promise<ExitCode>;
  };
};

export const GLOBAL_OPTIONS = {
  json: { type: 'boolean', help: 'JSON on stdout and nothing else there' },
  verbose: { type: 'boolean', help: 'say where it connects and as whom' },
  url: { type: 'string', value: 'URL', help: 'where smol-gang runs' },
  help: { type: 'boolean', short: 'h', help: 'this help' },
} as const satisfies OptionSpecs;
export type GlobalValues = OptionValues<typeof GLOBAL_OPTIONS>;

/** A row of the table of commands. */
export function defineCommand<const O extends OptionSpecs>(spec: CommandSpec<O>): Command {
  return {
    name: spec.name,
    summary: spec.summary,
    usage: spec.usage,
    options: spec.options,
    details: spec.details,
    prepare(args) {
      const globals = parseValues<typeof GLOBAL_OPTIONS>(args, {
        ...GLOBAL_OPTIONS,
        ...spec.options,
      });
      if (globals.values.help === true) return { globals: globals.values, run: async () => 0 };
      const own = parseValues<O>(args, { ...GLOBAL_OPTIONS, ...spec.options });
      requireWordCount(spec, own.words);
      return {
        globals: globals.values,
        run: (context) => spec.run(context, own.words, own.values),
      };
    },
  };
}

function parseValues<O extends OptionSpecs>(
  args: readonly string[],
  options: OptionSpecs,
): { readonly values: OptionValues<O>; readonly words: string[] } {
  try {
    const joined = joinDashedValues(args, options);
    const parsed = parseArgs({ args: joined, options, allowPositionals: true, strict: true });
    return { values: narrowValues<O>(parsed.values), words: parsed.positionals };
  } catch (error) {
    throw createUsageError(
      error instanceof Error ? takeFirstSentence(error.message) : String(error),
    );
  }
}

/**
 * `--prompt "- a list"` is a value and `"- a list"` a word, not options: only what is an option here counts as one. Such
 * words come last, where they stand in every command that takes text.
 */
function joinDashedValues(args: readonly string[], options: OptionSpecs): string[] {
  const joined: string[] = [];
  const texts: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    if (arg === '--') {
      texts.push(...args.slice(index + 1));
      break;
    }
    const next = args[index + 1];
    const takesValue = arg.startsWith('--') && options[arg.slice(2)]?.type === 'string';
    if (takesValue && next?.startsWith('-') === true && !isOption(next, options)) {
      joined.push(`${arg}=${next}`);
      index += 1;
    } else if (/^-\S*\s/.test(arg) && !isOption(arg, options)) {
      texts.push(arg);
    } else {
      joined.push(arg);
    }
  }
  return texts.length === 0 ? joined : [...joined, '--', ...texts];
}

function isOption(arg: string, options: OptionSpecs): boolean {
  const name = /^--([a-z-]+)/.exec(arg)?.[1];
  if (name !== undefined) return options[name] !== undefined;
  return Object.values(options).some((option) => arg === `-${option.short}`);
}

/** parseArgs has checked each value against the very options that make up the type. */
function narrowValues<O extends OptionSpecs>(values: object): OptionValues<O> {
  return values;
}

function takeFirstSentence(text: string): string {
  return text.split(/\. (?=To |Did )/)[0] ?? text;
}

function requireWordCount(
  spec: {
    readonly name: string;
    readonly usage: string;
    readonly words: { readonly min: number; readonly max: number };
  },
  words: readonly string[],
): void {
  const usage = `usage: smol-gang ${spec.name} ${spec.usage}`.trimEnd();
  if (words.length < spec.words.min) throw createUsageError(`something is missing; ${usage}`);
  const extra = words[spec.words.max];
  if (extra !== undefined) throw createUsageError(`"${extra}" is one word too many; ${usage}`);
}

/** A number that an option was given; undefined when it was not. */
export function parseNumberOption(
  name: string,
  text: string | undefined,
  bounds: { readonly min: number; readonly whole: boolean },
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  const fits = text.trim() !== '' && Number.isFinite(value) && value >= bounds.min;
  if (!fits || (bounds.whole && !Number.isInteger(value))) {
    const kind = bounds.whole ? 'a whole number' : 'a number';
    throw createUsageError(`--${name} takes ${kind} from ${bounds.min}, not "${text}"`);
  }
  return value;
}

/** One of a few words that an option was given; undefined when it was not. */
export function parseChoiceOption<const C extends string>(
  name: string,
  text: string | undefined,
  choices: readonly C[],
): C | undefined {
  if (text === undefined) return undefined;
  const choice = choices.find((each) => each === text);
  if (choice !== undefined) return choice;
  throw createUsageError(`--${name} takes one of ${choices.join(', ')}, not "${text}"`);
}
