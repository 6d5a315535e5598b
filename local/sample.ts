import { execFile } from 'node:child_process';
import { cp, mkdir, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SAMPLE = fileURLToPath(new URL('./sample/', import.meta.url));
const AUTHOR = { name: 'Sample Author', email: 'author@example.com', date: '2026-01-05T09:00:00Z' };

/**
 * Makes a git repository of the sample in `directory`, on branch `main`, always with the same commit; one that is there
 * already stays as it is. Answers the head of `main`.
 */
export async function seedSample(directory: string): Promise<{ commit: string }> {
  await mkdir(directory, { recursive: true });
  const entries = await readdir(directory);
  if (entries.length > 0 && !entries.includes('.git')) {
    throw new Error(`${directory} has other files in it`);
  }
  if (entries.length === 0) {
    await cp(SAMPLE, directory, { recursive: true });
    await git(directory, ['init', '--quiet', '--initial-branch=main']);
    await git(directory, ['add', '--all']);
    await git(directory, ['commit', '--quiet', '--message', 'A ledger for expenses']);
  }
  return { commit: await git(directory, ['rev-parse', 'main']) };
}

/** Without the person's own configuration: hooks, signing and templates would make another commit of it. */
async function git(directory: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', [...args], {
    cwd: directory,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: directory,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TEMPLATE_DIR: '',
      GIT_AUTHOR_NAME: AUTHOR.name,
      GIT_AUTHOR_EMAIL: AUTHOR.email,
      GIT_AUTHOR_DATE: AUTHOR.date,
      GIT_COMMITTER_NAME: AUTHOR.name,
      GIT_COMMITTER_EMAIL: AUTHOR.email,
      GIT_COMMITTER_DATE: AUTHOR.date,
    },
  });
  return stdout.trim();
}
