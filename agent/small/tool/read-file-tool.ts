import { isUtf8 } from 'node:buffer';
import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { resolveInsideRoot } from '../workspace.ts';
import { defineTool, ToolError } from './tool.ts';

const MAX_FILE_BYTES = 5_000_000;
const MAX_CHARS = 60_000;

/** Tool that returns the lines of a text file of the workspace. */
export const readFileTool = defineTool({
  name: 'read_file',
  description:
    'Read a text file of the workspace. Returns its lines unchanged; use offset and limit for long files.',
  kind: 'read',
  requiresPermission: false,
  parameters: z.object({
    path: z.string().min(1).describe('relative to the workspace'),
    offset: z.number().int().min(1).default(1).describe('first line, from 1'),
    limit: z.number().int().min(1).max(5_000).default(2_000).describe('number of lines'),
  }),
  title: (input) => `Read ${input.path}`,
  paths: (input) => [input.path],
  async run(input, { root }) {
    const text = await readTextFile(await resolveInsideRoot(root, input.path), input.path, 'any');
    const lines = text.split('\n');
    const startIndex = input.offset - 1;
    const selected = lines.slice(startIndex, startIndex + input.limit);
    const shown = selected.join('\n').slice(0, MAX_CHARS);
    const isWholeFile = startIndex === 0 && shown.length === text.length;
    if (isWholeFile) return text;
    const range = `lines ${input.offset} to ${startIndex + selected.length} of ${lines.length}`;
    const isCut = shown.length < selected.join('\n').length;
    return `${shown}\n[${range}${isCut ? `; cut after ${MAX_CHARS} characters` : ''}]`;
  },
});

/**
 * Reads a text file of at most 5 MB. Throws ToolError for any other path.
 *
 * @param file real path
 * @param path path from the model, for error messages
 * @param encoding `utf8`: throws for a text in another encoding, because the characters that cannot be decoded would be lost if the
 *   text was written back; `any`: replaces these characters
 */
export async function readTextFile(
  file: string,
  path: string,
  encoding: 'utf8' | 'any',
): Promise<string> {
  const stats = await stat(file).catch(() => undefined);
  if (stats === undefined) throw new ToolError(`${path} does not exist`);
  if (!stats.isFile()) throw new ToolError(`${path} is not a file; use list_files`);
  if (stats.size > MAX_FILE_BYTES) {
    throw new ToolError(`${path} has ${stats.size} bytes; the limit is ${MAX_FILE_BYTES}`);
  }
  const bytes = await readFile(file);
  if (bytes.includes(0)) throw new ToolError(`${path} is not text`);
  if (encoding === 'utf8' && !isUtf8(bytes)) {
    throw new ToolError(`${path} is not UTF-8 text, so edit_file would damage it; use a command`);
  }
  return bytes.toString('utf8');
}
