import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerPermission, isInside } from './answer-permission.ts';

let root: string;
let workspace: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'permission-'));
  workspace = join(root, 'workspace');
  mkdirSync(join(workspace, 'src'), { recursive: true });
  mkdirSync(join(root, 'workspace-2'));
  symlinkSync('/etc', join(workspace, 'link'));
  symlinkSync('/nowhere/new', join(workspace, 'dangling'));
  symlinkSync('src', join(workspace, 'inner'));
});
afterAll(() => rmSync(root, { recursive: true }));

test.each(['src/new/file.ts', 'inner/file.ts', '.'])(
  'the path %s lies inside the workspace',
  (path) => {
    expect(isInside(path, [workspace])).toBe(true);
  },
);

test.each(['../workspace-2/a', 'src/../../x', '/etc/passwd', 'link/passwd', 'dangling'])(
  'the path %s lies outside the workspace',
  (path) => {
    expect(isInside(path, [workspace])).toBe(false);
  },
);

const OPTIONS = [
  { optionId: 'always', name: 'Always', kind: 'allow_always' as const },
  { optionId: 'once', name: 'Once', kind: 'allow_once' as const },
  { optionId: 'no', name: 'No', kind: 'reject_once' as const },
];

test.each([
  [{ kind: 'execute' as const, rawInput: { command: 'npm test' } }, 'once'],
  [{ kind: 'edit' as const, locations: [{ path: '/etc/passwd' }] }, 'no'],
  [{ kind: 'edit' as const, rawInput: { file_path: '/etc/passwd' } }, 'no'],
  [{ kind: 'execute' as const, rawInput: { command: 'ls', cwd: '/' } }, 'no'],
  [{ kind: 'read' as const, rawInput: { paths: ['src/a', '../b'] } }, 'no'],
])('the tool call %j is answered with the option %s', (toolCall, optionId) => {
  const request = { sessionId: 's', toolCall: { toolCallId: 't', ...toolCall }, options: OPTIONS };

  expect(answerPermission(request, [workspace])).toEqual({
    outcome: { outcome: 'selected', optionId },
  });
});

test('a permission request for a path outside the workspace is answered as cancelled if no offered option rejects', () => {
  const toolCall = { toolCallId: 't', locations: [{ path: '/' }] };
  const request = { sessionId: 's', toolCall, options: OPTIONS.slice(0, 1) };

  expect(answerPermission(request, [workspace])).toEqual({ outcome: { outcome: 'cancelled' } });
});
