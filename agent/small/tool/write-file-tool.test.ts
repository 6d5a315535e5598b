import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Tool } from './tool.ts';
import { editFileTool, writeFileTool } from './write-file-tool.ts';

let root: string;
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'smol-tool-')));
});
afterEach(() => rm(root, { recursive: true }));

/** Runs a tool on `file.txt` with this content; returns the new content. */
async function runTool(tool: Tool, before: string | Buffer, input: Record<string, string>) {
  const file = join(root, 'file.txt');
  await writeFile(file, before);
  await tool.prepare({ path: 'file.txt', ...input }).execute({
    root,
    signal: new AbortController().signal,
    commandEnv: {},
    askQuestion: async () => '',
  });
  return readFile(file, 'utf8');
}

test.each([
  ['a\r\nb\r\nc\r\n', 'a\nb', 'x\ny\nz', 'x\r\ny\r\nz\r\nc\r\n'],
  ['a\r\nb\r\n', 'a\r\nb', 'x\r\ny', 'x\r\ny\r\n'],
  ['a\nb\n', 'a\r\nb', 'x\r\ny', 'x\ny\n'],
  ['\uFEFFa\r\nb\r\n', 'a', 'x\ny', '\uFEFFx\r\ny\r\nb\r\n'],
  ['a\r\nb\r\nc\nd\r\n', 'b\nc', 'x', 'a\r\nx\nd\r\n'],
  ['a\r\n\r\nb\r\n', '\n\nb', '\nb', 'a\r\nb\r\n'],
  ['one line', 'one', 'x\ny', 'x\ny line'],
])('edit_file changes %j and keeps the line ends of the file', async (text, old, next, result) => {
  expect(await runTool(editFileTool, text, { old, new: next })).toBe(result);
});

test('edit_file counts passages whatever their line ends', async () => {
  const edit = runTool(editFileTool, 'a\r\nb\na\nb\n', { old: 'a\nb', new: 'x' });

  await expect(edit).rejects.toThrow('occurs 2 times');
});

test('edit_file refuses a text that is not UTF-8 and leaves the file unchanged', async () => {
  const bytes = Buffer.from('gr\u00fc\u00dfe one\n', 'latin1');

  await expect(runTool(editFileTool, bytes, { old: 'one', new: 'two' })).rejects.toThrow('UTF-8');
  expect(await readFile(join(root, 'file.txt'))).toEqual(bytes);
});

test.each([
  ['a\r\nb\r\n', 'x\ny\n', 'x\r\ny\r\n'],
  ['a\r\nb\r\n', 'x\ny\r\n', 'x\ny\r\n'],
  ['a\nb\n', 'x\ny\n', 'x\ny\n'],
])('write_file over %j writes %j as %j', async (before, content, result) => {
  expect(await runTool(writeFileTool, before, { content })).toBe(result);
});
