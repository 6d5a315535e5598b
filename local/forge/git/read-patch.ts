import { spawn } from 'node:child_process';
import { createGitArgs, createGitEnv, GitError } from './run-git.ts';

/**
 * Reads the changes between two commits as a patch, at most `maxBytes`. A longer patch ends after its last whole line, because
 * a single changed file can be larger than the memory of the forge.
 */
export function readPatch(
  gitDir: string,
  from: string,
  to: string,
  maxBytes: number,
): Promise<{ readonly text: string; readonly truncated: boolean }> {
  const options = ['--no-color', '--no-ext-diff', '--no-textconv', '--find-renames', '--binary'];
  const args = ['diff', ...options, '--end-of-options', from, to];
  return new Promise((resolve, reject) => {
    const child = spawn('git', createGitArgs(gitDir, args), {
      env: createGitEnv(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks: Buffer[] = [];
    let size = 0;
    let errorText = '';
    child.stdout.on('data', (chunk: Buffer) => {
      if (size <= maxBytes) chunks.push(chunk);
      size += chunk.length;
      if (size > maxBytes) child.kill('SIGKILL');
    });
    child.stderr.on('data', (chunk: Buffer) => {
      errorText = `${errorText}${chunk}`.slice(0, 2_000);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      const output = Buffer.concat(chunks);
      if (size > maxBytes) {
        const end = output.lastIndexOf('\n', maxBytes - 1) + 1;
        resolve({ text: output.subarray(0, end).toString(), truncated: true });
      } else if (code === 0) resolve({ text: output.toString(), truncated: false });
      else reject(new GitError(args, code ?? 128, errorText));
    });
  });
}
