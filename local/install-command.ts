import { lstat, mkdir, readlink, realpath, symlink, unlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

// `make install`: links the command of this checkout into a folder of the PATH. A link needs no rights of root and no package
// registry, and always runs the code of this checkout.

const PROGRAM = fileURLToPath(new URL('../cli/bin.mjs', import.meta.url));
const folder = resolve(process.argv[2] ?? join(homedir(), '.local', 'bin'));
const link = join(folder, 'smol-gang');

/** Removes the link of an earlier installation. Anything else at this place belongs to the person and stays. */
async function removeEarlierLink(): Promise<void> {
  const stats = await lstat(link).catch(() => undefined);
  if (stats === undefined) return;
  const isOwnLink = stats.isSymbolicLink() && (await readlink(link)).endsWith('/cli/bin.mjs');
  if (!isOwnLink) {
    console.error(`smol-gang: ${link} exists and is no link of \`make install\`: remove it first`);
    process.exit(1);
  }
  await unlink(link);
}

await mkdir(folder, { recursive: true });
await removeEarlierLink();
await symlink(PROGRAM, link);
console.log(`linked ${link} to ${PROGRAM}`);

const realFolders = await Promise.all(
  (process.env.PATH ?? '').split(delimiter).map((path) => realpath(path).catch(() => path)),
);
if (!realFolders.includes(await realpath(dirname(link))))
  console.log(`${folder} is not in your PATH. Add this line to the start file of your shell:
  export PATH="${folder}:$PATH"`);
