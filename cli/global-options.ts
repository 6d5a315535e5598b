import { createUsageError } from './cli-error.ts';
import type { OptionSpecs } from './define-command.ts';
import { GLOBAL_OPTIONS } from './define-command.ts';
import type { ColourMode } from './terminal.ts';

const OPTIONS: OptionSpecs = GLOBAL_OPTIONS;
/** Maximum number of words in the name of a command. */
const MAX_COMMAND_WORDS = 2;

/** A command line whose global options stand apart from the words of the command. */
export type SeparatedArgs = {
  /** The first words, at most two: the name of a command, and for a name of one word perhaps its first argument. */
  readonly words: readonly string[];
  /** The global options before and between the words, with their values. */
  readonly globals: readonly string[];
  readonly otherArgs: readonly string[];
};

/** Separates the global options that stand before or between the words of a command: `--url URL plan --json list`. */
export function separateGlobalOptions(args: readonly string[]): SeparatedArgs {
  const words: string[] = [];
  const globals: string[] = [];
  let index = 0;
  for (; index < args.length && words.length < MAX_COMMAND_WORDS; index += 1) {
    const arg = args[index] ?? '';
    const option = findGlobalOption(arg);
    if (option !== undefined) {
      globals.push(arg);
      const value = args[index + 1];
      if (option.type === 'string' && !arg.includes('=') && value !== undefined) {
        globals.push(value);
        index += 1;
      }
    } else if (arg.startsWith('-') && !(words.length === 0 && isVersionOption(arg))) break;
    else words.push(arg);
  }
  return { words, globals, otherArgs: args.slice(index) };
}

function isVersionOption(arg: string): boolean {
  return arg === '--version' || arg === '-V';
}

function findGlobalOption(arg: string): OptionSpecs[string] | undefined {
  const name = /^--([a-z-]+)(?:=|$)/.exec(arg)?.[1];
  if (name !== undefined) return OPTIONS[name];
  return Object.values(OPTIONS).find(({ short }) => short !== undefined && arg === `-${short}`);
}

const COLOUR_MODES: readonly ColourMode[] = ['auto', 'always', 'never'];

/** Returns the value of --color before any command is known, so that errors have the chosen colours as well. */
export function findColourMode(args: readonly string[]): ColourMode {
  const index = args.findIndex((arg) => arg === '--color' || arg.startsWith('--color='));
  const text = index < 0 ? 'auto' : (args[index]?.split('=')[1] ?? args[index + 1]);
  const mode = COLOUR_MODES.find((candidate) => candidate === text);
  if (mode !== undefined) return mode;
  throw createUsageError(`--color takes one of ${COLOUR_MODES.join(', ')}, not "${text ?? ''}"`);
}
