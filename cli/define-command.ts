import { parseArgs } from 'node:util';
import { describeError } from '../core/base/describe-error.ts';
import type { CliError, ExitCode } from './cli-error.ts';
import { createUsageError } from './cli-error.ts';
import type { Client } from './client/client.ts';
import { findClosest } from './find-closest.ts';
import type { Host } from './host.ts';
import type { Terminal } from './terminal.ts';

/** Declaration of an option. */
export type OptionSpec = {
  readonly type: 'string' | 'boolean';
  /** True if the option may be given several times. */
  readonly multiple?: boolean;
  /** Short form of one letter, without the dash. */
  readonly short?: string;
  readonly help: string;
  /** Placeholder of the value in help: "FILE". */
  readonly value?: string;
};
/** Declarations of options by name, without the dashes. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

type OptionValue<O extends OptionSpec> = O['type'] extends 'boolean' ? boolean : string;
/** Values of the options that were given; an option that was not given is absent. */
export type OptionValues<O extends OptionSpecs> = {
  readonly [name in keyof O]?: O[name]['multiple'] extends true
    ? OptionValue<O[name]>[]
    : OptionValue<O[name]>;
};

/** Everything that a command works with. */
export type CommandContext = {
  readonly host: Host;
  readonly terminal: Terminal;
  /** Connects at the first call: help and usage errors need no server. */
  client(): Promise<Client>;
  /** Value of --url. */
  readonly url: string | undefined;
  /** Prints a note if --verbose was given. */
  printVerbose(text: string): void;
};

/** Declaration of a command. */
export type CommandSpec<O extends OptionSpecs> = {
  /** Name of one or two words, in the form that the user types: "plan show". */
  readonly name: string;
  /** Line in the list of commands, without a full stop. */
  readonly summary: string;
  /** Synopsis after the name: "PLAN TASK [--follow]". */
  readonly usage: string;
  /** Allowed number of arguments, without options and their values. */
  readonly argumentCount: { readonly min: number; readonly max: number };
  readonly options: O;
  /** Further lines of the command's help. */
  readonly details?: string;
  run(context: CommandContext, args: readonly string[], values: OptionValues<O>): Promise<ExitCode>;
};

/** A command, independent of the types of its options. */
export type Command = {
  readonly name: string;
  readonly summary: string;
  readonly usage: string;
  readonly options: OptionSpecs;
  readonly details?: string | undefined;
  /** Checks the arguments and returns the function that runs the command. */
  prepare(args: readonly string[]): {
    readonly globals: GlobalValues;
    run(context: CommandContext): Promise<ExitCode>;
  };
};

export const GLOBAL_OPTIONS = {
  json: { type: 'boolean', help: 'print only JSON on stdout' },
  verbose: {
    type: 'boolean',
    short: 'v',
    help: 'show which URL and which credential are used',
  },
  color: {
    type: 'string',
    value: 'auto|always|never',
    help: 'colours; auto: at a terminal, unless NO_COLOR is set; elsewhere with FORCE_COLOR',
  },
  url: {
    type: 'string',
    value: 'URL',
    help: 'URL of smol-gang; default: the platform in this folder or the last sign-in',
  },
  help: { type: 'boolean', short: 'h', help: 'show this help' },
} as const satisfies OptionSpecs;
/** Values of the options that every command takes. */
export type GlobalValues = OptionValues<typeof GLOBAL_OPTIONS>;

/** A group of commands under one title in help. */
export type CommandGroup = { readonly title: string; readonly commands: readonly Command[] };

/** Creates a command from its declaration. */
export function defineCommand<const O extends OptionSpecs>(spec: CommandSpec<O>): Command {
  return {
    name: spec.name,
    summary: spec.summary,
    usage: spec.usage,
    options: spec.options,
    details: spec.details,
    prepare(args) {
      const options = { ...GLOBAL_OPTIONS, ...spec.options };
      const { values: globals } = parseValues<typeof GLOBAL_OPTIONS>(spec.name, args, options);
      if (globals.help === true) return { globals, run: async () => 0 };
      const { values, positionals } = parseValues<O>(spec.name, args, options);
      requireArgumentCount(spec, positionals);
      return { globals, run: (context) => spec.run(context, positionals, values) };
    },
  };
}

function parseValues<O extends OptionSpecs>(
  command: string,
  args: readonly string[],
  options: OptionSpecs,
): { readonly values: OptionValues<O>; readonly positionals: string[] } {
  try {
    const prepared = protectDashedTexts(args, options);
    const parsed = parseArgs({ args: prepared, options, allowPositionals: true, strict: true });
    return { values: narrowValues<O>(parsed.values), positionals: parsed.positionals };
  } catch (error) {
    throw createOptionError(command, error, options);
  }
}

/**
 * Prepares arguments for `parseArgs`, which treats every argument with a leading dash as an option. After this function, an
 * argument counts as an option only if it is a declared option: in `--prompt "- a list"`, the list is the value of --prompt.
 * A separate `"- a list"` moves to the end, behind `--`, because every command expects its text as the last argument.
 */
function protectDashedTexts(args: readonly string[], options: OptionSpecs): string[] {
  const prepared: string[] = [];
  const texts: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    if (arg === '--') {
      texts.push(...args.slice(index + 1));
      break;
    }
    const nextArg = args[index + 1];
    const takesValue = arg.startsWith('--') && options[arg.slice(2)]?.type === 'string';
    if (takesValue && nextArg?.startsWith('-') === true && !isOption(nextArg, options)) {
      prepared.push(`${arg}=${nextArg}`);
      index += 1;
    } else if (/^-\S*\s/.test(arg) && !isOption(arg, options)) {
      texts.push(arg);
    } else {
      prepared.push(arg);
    }
  }
  return texts.length === 0 ? prepared : [...prepared, '--', ...texts];
}

function isOption(arg: string, options: OptionSpecs): boolean {
  const name = /^--([a-z-]+)/.exec(arg)?.[1];
  if (name !== undefined) return options[name] !== undefined;
  return Object.values(options).some((option) => arg === `-${option.short}`);
}

/** Narrows the type of the values, which parseArgs has checked against the declared options. */
function narrowValues<O extends OptionSpecs>(values: object): OptionValues<O> {
  return values;
}

/** Turns an error of parseArgs into a usage error. Removes the hints of parseArgs, because they describe the Node API. */
function createOptionError(command: string, error: unknown, options: OptionSpecs): CliError {
  const message = describeError(error);
  const help = `\`smol-gang ${command} --help\` lists the options`;
  const unknownOption = /^Unknown option '(-[^']*)'/.exec(message)?.[1];
  if (unknownOption === undefined) {
    return createUsageError(message.split(/\. (?=To |Did )/)[0] ?? message, help);
  }
  const names = Object.keys(options).map((name) => `--${name}`);
  const closest = findClosest(unknownOption, names);
  const advice = closest === undefined ? help : `did you mean ${closest}? ${help}`;
  return createUsageError(`there is no option ${unknownOption}`, advice);
}

function requireArgumentCount(
  spec: {
    readonly name: string;
    readonly usage: string;
    readonly argumentCount: { readonly min: number; readonly max: number };
  },
  positionals: readonly string[],
): void {
  const usage = `usage: smol-gang ${spec.name} ${spec.usage}`.trimEnd();
  if (positionals.length < spec.argumentCount.min)
    throw createUsageError(`an argument is missing; ${usage}`);
  const extra = positionals[spec.argumentCount.max];
  if (extra !== undefined) throw createUsageError(`"${extra}" is one argument too many; ${usage}`);
}

/** Parses the number of an option; undefined if the option was not given. */
export function parseNumberOption(
  name: string,
  text: string | undefined,
  bounds: NumberBounds,
): number | undefined {
  return parseNumber(`--${name}`, text, bounds);
}

/** Parses the number in an argument; undefined if the argument was not given. */
export function parseNumberArgument(
  name: string,
  text: string | undefined,
  bounds: NumberBounds,
): number | undefined {
  return parseNumber(name, text, bounds);
}

type NumberBounds = { readonly min: number; readonly whole: boolean };

function parseNumber(
  label: string,
  text: string | undefined,
  bounds: NumberBounds,
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  const fits = text.trim() !== '' && Number.isFinite(value) && value >= bounds.min;
  if (!fits || (bounds.whole && !Number.isInteger(value))) {
    const kind = bounds.whole ? 'a whole number' : 'a number';
    throw createUsageError(`${label} takes ${kind} of at least ${bounds.min}, not "${text}"`);
  }
  return value;
}

/** Parses an option that takes a value from a fixed list; undefined if the option was not given. */
export function parseChoiceOption<const C extends string>(
  name: string,
  text: string | undefined,
  choices: readonly C[],
): C | undefined {
  if (text === undefined) return undefined;
  const choice = choices.find((candidate) => candidate === text);
  if (choice !== undefined) return choice;
  throw createUsageError(`--${name} takes one of ${choices.join(', ')}, not "${text}"`);
}
