import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describeError } from '../../core/base/describe-error.ts';
import { createUsageError } from '../cli-error.ts';
import type { CommandContext } from '../define-command.ts';

const MAX_INPUT_BYTES = 16 << 20;

/** Reads a file named on the command line; `-` names stdin. */
export async function readInput(context: CommandContext, name: string): Promise<string> {
  if (name === '-') return context.terminal.readStdin();
  const path = resolve(context.host.cwd, name);
  const bytes = await readFile(path).catch((error: unknown) => {
    throw createUsageError(`${name} cannot be read: ${describeError(error)}`);
  });
  if (bytes.length > MAX_INPUT_BYTES) throw createUsageError(`${name} is larger than 16 MiB`);
  return bytes.toString('utf8');
}

/**
 * Reads a text that was given either as an argument (`-` for stdin) or as a file.
 *
 * @param noun names the text in messages: "the prompt"
 */
export async function readTextInput(
  context: CommandContext,
  source: { readonly argument?: string | undefined; readonly file?: string | undefined },
  noun: string,
): Promise<string> {
  if (source.argument !== undefined && source.file !== undefined) {
    throw createUsageError(`give ${noun} as text or as a file, not both`);
  }
  const text =
    source.file !== undefined || source.argument === '-'
      ? await readInput(context, source.file ?? '-')
      : (source.argument ?? '');
  if (text.trim() === '') throw createUsageError(`${noun} is missing or empty`);
  return text;
}
