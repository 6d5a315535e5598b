import { askTool } from './tool/ask-tool.ts';
import { listFilesTool } from './tool/list-files-tool.ts';
import { readFileTool } from './tool/read-file-tool.ts';
import { runCommandTool } from './tool/run-command-tool.ts';
import { searchTool } from './tool/search-tool.ts';
import type { Tool } from './tool/tool.ts';
import { editFileTool, writeFileTool } from './tool/write-file-tool.ts';

/** All tools of the built-in agent. */
export const TOOL_TABLE: readonly Tool[] = [
  readFileTool,
  writeFileTool,
  editFileTool,
  listFilesTool,
  searchTool,
  runCommandTool,
  askTool,
];

/** Returns the tool with this name; undefined for an unknown name. */
export function findTool(name: string): Tool | undefined {
  return TOOL_TABLE.find((tool) => tool.name === name);
}
