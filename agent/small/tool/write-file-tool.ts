import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, relative, sep } from 'node:path';
import { z } from 'zod';
import { resolveInsideRoot } from '../workspace.ts';
import { findLineEnd, findPassage, setLineEnds } from './line-ends.ts';
import { readTextFile } from './read-file-tool.ts';
import { defineTool, ToolError } from './tool.ts';

const MAX_CHARS = 2_000_000;

/** Tool that creates or replaces a text file. */
export const writeFileTool = defineTool({
  name: 'write_file',
  description:
    'Write a whole text file of the workspace. Creates the file or replaces its content.',
  kind: 'edit',
  requiresPermission: true,
  parameters: z.object({ path: z.string().min(1), content: z.string().max(MAX_CHARS) }),
  title: (input) => `Write ${input.path}`,
  paths: (input) => [input.path],
  async run(input, { root }) {
    const file = await resolveWritablePath(root, input.path);
    const content = await keepLineEnds(file, input.content);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    const note = content === input.content ? '' : '; the lines end with CRLF, as before';
    return `wrote ${input.path}, ${Buffer.byteLength(content)} bytes${note}`;
  },
});

/** Tool that replaces one passage of a text file. */
export const editFileTool = defineTool({
  name: 'edit_file',
  description:
    'Replace one passage of a text file. `old` must occur in the file exactly once, character for character except for line ends, which stay as they are in the file; include enough lines around the passage.',
  kind: 'edit',
  requiresPermission: true,
  parameters: z.object({
    path: z.string().min(1),
    old: z.string().min(1),
    new: z.string().max(MAX_CHARS),
  }),
  title: (input) => `Edit ${input.path}`,
  paths: (input) => [input.path],
  async run(input, { root }) {
    const file = await resolveWritablePath(root, input.path);
    const text = await readTextFile(file, input.path, 'utf8');
    const { count, start, end } = findPassage(text, input.old);
    if (count === 0) throw new ToolError(`the text to replace is not in ${input.path}`);
    if (count > 1) {
      throw new ToolError(
        `the text to replace occurs ${count} times in ${input.path}; include more lines around it`,
      );
    }
    const replacement = setLineEnds(input.new, findLineEnd(text));
    await writeFile(file, text.slice(0, start) + replacement + text.slice(end));
    return `edited ${input.path}`;
  },
});

/** Returns the content with CRLF line ends if the existing file has them and the content has none; the unchanged content otherwise. */
async function keepLineEnds(file: string, content: string): Promise<string> {
  if (content.includes('\r\n')) return content;
  const before = await readFile(file, 'utf8').catch(() => '');
  return setLineEnds(content, findLineEnd(before));
}

/** Returns the real path of a file to write. Throws ToolError for paths outside the workspace and inside a git directory. */
async function resolveWritablePath(root: string, path: string): Promise<string> {
  const file = await resolveInsideRoot(root, path);
  if (file === root) throw new ToolError(`${path} is the workspace itself`);
  if (relative(root, file).split(sep).includes('.git')) {
    throw new ToolError(`${path} belongs to git and must not be written by hand`);
  }
  return file;
}
