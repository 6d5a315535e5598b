import { askTool } from './tool/ask.ts';
import { listFilesTool } from './tool/list-files.ts';
import { readFileTool } from './tool/read-file.ts';
import { runTool } from './tool/run-command.ts';
import { searchTool } from './tool/search.ts';
import type { Tool } from './tool/tool.ts';
import { editFileTool, writeFileTool } from './tool/write-file.ts';

export const TOOLS: readonly Tool[] = [
  readFileTool,
  writeFileTool,
  editFileTool,
  listFilesTool,
  searchTool,
  runTool,
  askTool,
];

export function findTool(name: string): Tool | undefined {
  return TOOLS.find((tool) => tool.name === name);
}
