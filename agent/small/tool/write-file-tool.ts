import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, relative, sep } from 'node:path';
import { z } from 'zod';
import { resolveInsideRoot } from '../workspace.ts';
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
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, input.content);
    return `wrote ${input.path}, ${Buffer.byteLength(input.content)} bytes`;
  },
});

/** Tool that replaces one passage of a text file. */
export const editFileTool = defineTool({
  name: 'edit_file',
  description:
    'Replace one passage of a text file. `old` must occur in the file exactly once, character for character; include enough lines around the passage.',
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
    const text = await readTextFile(file, input.path);
    const parts = text.split(input.old);
    if (parts.length === 1) throw new ToolError(`the text to replace is not in ${input.path}`);
    if (parts.length > 2) {
      throw new ToolError(
        `the text to replace occurs ${parts.length - 1} times in ${input.path}; include more lines around it`,
      );
    }
    await writeFile(file, parts.join(input.new));
    return `edited ${input.path}`;
  },
});

/** Returns the real path of a file to write. Throws ToolError for paths outside the workspace and inside a git directory. */
async function resolveWritablePath(root: string, path: string): Promise<string> {
  const file = await resolveInsideRoot(root, path);
  if (file === root) throw new ToolError(`${path} is the workspace itself`);
  if (relative(root, file).split(sep).includes('.git')) {
    throw new ToolError(`${path} belongs to git and must not be written by hand`);
  }
  return file;
}
