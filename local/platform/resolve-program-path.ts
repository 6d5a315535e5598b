import { delimiter, dirname } from 'node:path';

/**
 * Returns the PATH for programs of a project (npm, cargo, agents): the user's PATH without the folders that npm adds when it runs a
 * script of `checkout`. The folder of the running Node.js comes last: its `node` is used only if the user's PATH has none.
 */
export function resolveProgramPath(
  path: string | undefined,
  node: string,
  checkout: string,
): string | undefined {
  if (path === undefined || path === '') return undefined;
  const addedByNpm = new Set(listParents(checkout).map((folder) => joinBin(folder)));
  const userFolders = path
    .split(delimiter)
    .filter((folder) => !addedByNpm.has(folder) && !/[\\/]node-gyp-bin$/.test(folder));
  return [...userFolders, dirname(node)].join(delimiter);
}

/** Returns a folder and all its parents. npm adds the program folder of each of them. */
function listParents(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...listParents(parent)];
}

function joinBin(folder: string): string {
  return `${folder === '/' ? '' : folder}/node_modules/.bin`;
}
