import type { AgentConversation } from './agent-conversation.ts';
import { findFirstFailure, parseVerifyCommands, renderGiveUpLine } from './agent-conversation.ts';
import type { CompletedCall } from './conversation.ts';
import { findReadContent } from './conversation.ts';
import { keepBothSides } from './keep-both-sides.ts';
import type { Reply } from './reply.ts';
import { createRequestedCall } from './reply.ts';

// The scripted model in a repair attempt: resolves conflicts by keeping both sides, and then runs the tests.

/** Answers the next request of an agent in a repair attempt. */
export function answerRepairTurn(conversation: AgentConversation): Reply {
  const files = parseConflictFiles(conversation.prompt);
  const unread = files.filter((path) => findReadContent(conversation.calls, path) === undefined);
  const readCount = conversation.calls.filter((call) => call.name === 'read_file').length;
  if (unread.length > 0 && readCount < files.length) {
    const calls = unread.map((path) => createRequestedCall('read_file', { path }));
    return { text: 'I read the files with conflicts.', calls };
  }
  const unresolved = files.filter((path) => isUnresolved(conversation.calls, path));
  if (unresolved.length > 0) {
    const calls = unresolved.map((path) => resolveConflict(conversation.calls, path));
    return { text: 'Both changes are needed, so I keep both sides.', calls };
  }
  return finishRepair(conversation, files);
}

function finishRepair(conversation: AgentConversation, files: readonly string[]): Reply {
  const lastWrite = conversation.calls.findLastIndex((call) => call.name === 'write_file');
  const testRuns = conversation.calls.slice(lastWrite + 1).filter((call) => call.name === 'run');
  const commands = parseVerifyCommands(conversation.prompt);
  if (testRuns.length < commands.length) {
    const calls = commands.map((command) =>
      createRequestedCall('run', { command, timeoutSeconds: 120 }),
    );
    return { text: 'I run the tests on the combined result.', calls };
  }
  const failedRun = testRuns.find((run) => !run.output.startsWith('exit code 0'));
  if (failedRun !== undefined)
    return { text: renderGiveUpLine(`the tests fail: ${findFirstFailure(failedRun.output)}`) };
  if (files.length === 0)
    return { text: 'The tests pass on the combined result; no change was necessary.' };
  return {
    text: `Resolved the conflict in ${files.join(', ')} by keeping both sides; the tests pass.`,
  };
}

/** Returns the files that a prompt lists after "left conflict markers in:". */
function parseConflictFiles(prompt: string): string[] {
  const list = /left conflict markers in:\n((?:- .*\n?)+)/.exec(prompt)?.[1] ?? '';
  return list.split('\n').flatMap((line) => (line.startsWith('- ') ? [line.slice(2).trim()] : []));
}

function isUnresolved(calls: readonly CompletedCall[], path: string): boolean {
  const hasMarkers = /^<{7} /m.test(findReadContent(calls, path) ?? '');
  const isRewritten = calls.some((call) => call.name === 'write_file' && call.input.path === path);
  return hasMarkers && !isRewritten;
}

function resolveConflict(calls: readonly CompletedCall[], path: string) {
  return createRequestedCall('write_file', {
    path,
    content: keepBothSides(findReadContent(calls, path) ?? ''),
  });
}
