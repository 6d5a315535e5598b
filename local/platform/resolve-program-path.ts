import { delimiter, dirname } from 'node:path';

/**
 * The person's own PATH, since a project's programs (npm, cargo, agents) lie where they installed them; without what npm put
 * in front of it for our own script, and with our Node behind it for machines that have none.
 */
export function resolveProgramPath(path: string | undefined, node: string): string | undefined {
  if (path === undefined || path === '') return undefined;
  const own = path
    .split(delimiter)
    .filter((folder) => !/[\\/]node(_modules[\\/]\.|-gyp-)bin$/.test(folder));
  return [...own, dirname(node)].join(delimiter);
}
