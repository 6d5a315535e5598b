import { execFile } from 'node:child_process';
import { cp, mkdir, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SAMPLE_FOLDER = fileURLToPath(new URL('./sample/', import.meta.url));
const AUTHOR = { name: 'Sample Author', email: 'author@example.com', date: '2026-01-05T09:00:00Z' };

/**
 * Creates the git repository of the sample in `directory`; leaves an existing repository unchanged. Returns the head commit of
 * `main`, which has the same id in every new repository.
 */
export async function seedSample(directory: string): Promise<{ readonly commit: string }> {
  await mkdir(directory, { recursive: true });
  const entries = await readdir(directory);
  if (entries.length > 0 && !entries.includes('.git')) {
    throw new Error(
      `${directory} contains files but no git repository: choose an empty folder for the sample`,
    );
  }
  if (entries.length === 0) {
    await cp(SAMPLE_FOLDER, directory, { recursive: true });
    await runGit(directory, ['init', '--quiet', '--initial-branch=main']);
    await runGit(directory, ['add', '--all']);
    await runGit(directory, ['commit', '--quiet', '--message', 'A ledger for expenses']);
  }
  return { commit: await runGit(directory, ['rev-parse', 'main']) };
}

/** Runs git without the user's configuration, because hooks, signatures and templates would change the id of the commit. */
async function runGit(directory: string, args: readonly string[]): Promise<string> {
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
