import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createUsageError } from '../cli-error.ts';
import type { CommandContext } from '../define-command.ts';

const MAX_BYTES = 16 << 20;

/** A file that was named on the command line, `-` for stdin. */
export async function readInput(context: CommandContext, name: string): Promise<string> {
  if (name === '-') return context.terminal.readStdin();
  const path = resolve(context.host.cwd, name);
  const bytes = await readFile(path).catch((error: unknown) => {
    throw createUsageError(
      `${name} cannot be read: ${error instanceof Error ? error.message : error}`,
    );
  });
  if (bytes.length > MAX_BYTES) throw createUsageError(`${name} is larger than 16 MB`);
  return bytes.toString('utf8');
}

/** Text from a word, `-` for stdin, or a file; exactly one of them. */
export async function readTextInput(
  context: CommandContext,
  given: { readonly word?: string | undefined; readonly file?: string | undefined },
  what: string,
): Promise<string> {
  if (given.word !== undefined && given.file !== undefined) {
    throw createUsageError(`give ${what} as text or as a file, not both`);
  }
  const text =
    given.file !== undefined || given.word === '-'
      ? await readInput(context, given.file ?? '-')
      : (given.word ?? '');
  if (text.trim() === '') throw createUsageError(`${what} is missing`);
  return text;
}
