import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Files and folders that tools search for in all parent folders, and that therefore change how a project below them behaves. */
const PROJECT_FILES = [
  '.editorconfig',
  '.eslintrc.json',
  '.prettierrc',
  'Cargo.toml',
  'biome.json',
  'go.mod',
  'go.work',
  'node_modules',
  'package.json',
  'pnpm-workspace.yaml',
  'pom.xml',
  'pyproject.toml',
  'pytest.ini',
  'setup.cfg',
  'tox.ini',
  'tsconfig.json',
];

/** Lists the project files in a folder and in all its parents, nearest first. */
export async function listProjectFiles(folder: string): Promise<string[]> {
  const paths = listFolders(folder).flatMap((parent) =>
    PROJECT_FILES.map((name) => join(parent, name)),
  );
  const found = await Promise.all(paths.map(exists));
  return paths.filter((_, index) => found[index]);
}

/** Returns a folder and all its parents, nearest first. */
function listFolders(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...listFolders(parent)];
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
