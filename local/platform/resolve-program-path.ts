import { delimiter, dirname } from 'node:path';

/**
 * Returns the PATH for programs of a project (npm, cargo, agents): the user's PATH without the folders that npm adds for its
 * own scripts. The folder of the running Node.js comes last: its `node` is used only if the user's PATH has none.
 */
export function resolveProgramPath(path: string | undefined, node: string): string | undefined {
  if (path === undefined || path === '') return undefined;
  const userFolders = path
    .split(delimiter)
    .filter((folder) => !/[\\/]node(_modules[\\/]\.|-gyp-)bin$/.test(folder));
  return [...userFolders, dirname(node)].join(delimiter);
}
