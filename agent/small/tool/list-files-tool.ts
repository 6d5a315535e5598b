import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { resolveInsideRoot, walkEntries } from '../workspace.ts';
import { defineTool, ToolError } from './tool.ts';

const MAX_ENTRIES = 500;

/** Tool that lists up to 500 entries below a directory of the workspace. */
export const listFilesTool = defineTool({
  name: 'list_files',
  description:
    'List files and directories level by level. Directories end in /. .git and node_modules are left out.',
  kind: 'search',
  requiresPermission: false,
  parameters: z.object({ path: z.string().min(1).default('.') }),
  title: (input) => `List ${input.path}`,
  paths: (input) => [input.path],
  async run(input, { root }) {
    const start = await resolveInsideRoot(root, input.path);
    const stats = await stat(start).catch(() => undefined);
    if (stats === undefined) throw new ToolError(`${input.path} does not exist`);
    if (!stats.isDirectory()) throw new ToolError(`${input.path} is not a directory`);
    const lines: string[] = [];
    for (const entry of walkEntries(root, start)) {
      if (lines.length === MAX_ENTRIES) {
        lines.push(
          `[stopped after ${MAX_ENTRIES} entries; call list_files with a subdirectory as path]`,
        );
        break;
      }
      lines.push(entry.isDirectory ? `${entry.path}/` : entry.path);
    }
    return lines.length === 0 ? '[empty]' : lines.join('\n');
  },
});
