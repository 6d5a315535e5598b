import type { Command } from './define-command.ts';

/** Commands under another name, as other command lines call them. */
export const COMMAND_ALIASES: Readonly<Record<string, string>> = {
  '--version': 'version',
  '-V': 'version',
  ls: 'plan list',
  logs: 'task logs',
  'plan cancel': 'cancel',
  'plan logs': 'task logs',
};

/** Finds the command that the first two words or the first word name, and the number of these words. */
export function findCommandByWords(
  words: readonly string[],
  commands: readonly Command[],
): { readonly command: Command; readonly wordCount: number } | undefined {
  for (const wordCount of [2, 1]) {
    if (words.length < wordCount) continue;
    const typed = words.slice(0, wordCount).join(' ');
    const name = COMMAND_ALIASES[typed] ?? typed;
    const command = commands.find((candidate) => candidate.name === name);
    if (command !== undefined) return { command, wordCount };
  }
  return undefined;
}
