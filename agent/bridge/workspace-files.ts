import { constants } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RequestError } from '@agentclientprotocol/sdk';
import { isInside } from './permission.ts';

// Reading and writing files on behalf of the agent, inside its workspace only.

const MAX_FILE_BYTES = 10 * 1024 * 1024;

type Slice = { line?: number | null; limit?: number | null };

/** Text of a file, from line `line` (from 1), at most `limit` lines. */
export async function readWorkspaceFile(path: string, workspace: string, slice: Slice) {
  requireInside(path, workspace);
  const text = await withFile(path, constants.O_RDONLY | constants.O_NOFOLLOW, async (file) => {
    const { size } = await file.stat();
    if (size > MAX_FILE_BYTES) throw RequestError.invalidParams({ path }, 'the file is too large');
    return file.readFile('utf8');
  });
  if (slice.line == null && slice.limit == null) return { content: text };
  const from = Math.max(0, (slice.line ?? 1) - 1);
  const lines = text.split('\n').slice(from, slice.limit == null ? undefined : from + slice.limit);
  return { content: lines.join('\n') };
}

export async function writeWorkspaceFile(path: string, workspace: string, content: string) {
  requireInside(path, workspace);
  await mkdir(dirname(path), { recursive: true });
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
  await withFile(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, (file) =>
    file.writeFile(content),
  );
  return {};
}

function requireInside(path: string, workspace: string): void {
  if (isInside(path, [workspace])) return;
  throw RequestError.invalidParams({ path }, 'the path is outside the workspace');
}

async function withFile<T>(
  path: string,
  flags: number,
  work: (file: Awaited<ReturnType<typeof open>>) => Promise<T>,
): Promise<T> {
  const file = await open(path, flags).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT') throw RequestError.resourceNotFound(path);
    throw RequestError.invalidParams({ path }, `cannot open the file (${code})`);
  });
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}
