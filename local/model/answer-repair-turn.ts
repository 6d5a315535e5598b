import type { AgentView } from './agent-view.ts';
import { findFirstFailure, parseVerifyCommands, renderGiveUpLine } from './agent-view.ts';
import type { DoneCall } from './conversation.ts';
import { findReadContent } from './conversation.ts';
import { keepBothSides } from './keep-both-sides.ts';
import type { Reply } from './reply.ts';
import { createRequestedCall } from './reply.ts';

// Work that met other work: conflicts are resolved by keeping both sides, anything else is looked at by running the tests.

export function answerRepairTurn(view: AgentView): Reply {
  const files = parseConflictFiles(view.prompt);
  const unread = files.filter((path) => findReadContent(view.calls, path) === undefined);
  const tried = view.calls.filter((call) => call.name === 'read_file').length;
  if (unread.length > 0 && tried < files.length) {
    const calls = unread.map((path) => createRequestedCall('read_file', { path }));
    return { text: 'I look at the places that conflict.', calls };
  }
  const unresolved = files.filter((path) => isUnresolved(view.calls, path));
  if (unresolved.length > 0) {
    const calls = unresolved.map((path) => resolveConflict(view.calls, path));
    return { text: 'Both sides are wanted: I keep both.', calls };
  }
  return finishRepair(view, files);
}

function finishRepair(view: AgentView, files: readonly string[]): Reply {
  const afterWrites = view.calls.findLastIndex((call) => call.name === 'write_file') + 1;
  const runs = view.calls.slice(afterWrites).filter((call) => call.name === 'run');
  const commands = parseVerifyCommands(view.prompt);
  if (runs.length < commands.length) {
    const calls = commands.map((command) =>
      createRequestedCall('run', { command, timeoutSeconds: 120 }),
    );
    return { text: 'I run the tests on the whole.', calls };
  }
  const red = runs.find((run) => !run.output.startsWith('exit code 0'));
  if (red !== undefined)
    return { text: renderGiveUpLine(`the tests are red: ${findFirstFailure(red.output)}`) };
  if (files.length === 0)
    return { text: 'The tests are green on the whole; nothing had to be changed.' };
  return {
    text: `Resolved the conflict in ${files.join(', ')} by keeping both sides; the tests are green.`,
  };
}

/** The list below "left conflict markers in:". */
function parseConflictFiles(prompt: string): string[] {
  const list = /left conflict markers in:\n((?:- .*\n?)+)/.exec(prompt)?.[1] ?? '';
  return list.split('\n').flatMap((line) => (line.startsWith('- ') ? [line.slice(2).trim()] : []));
}

function isUnresolved(calls: readonly DoneCall[], path: string): boolean {
  const hasMarkers = /^<{7} /m.test(findReadContent(calls, path) ?? '');
  const written = calls.some((call) => call.name === 'write_file' && call.input.path === path);
  return hasMarkers && !written;
}

function resolveConflict(calls: readonly DoneCall[], path: string) {
  return createRequestedCall('write_file', {
    path,
    content: keepBothSides(findReadContent(calls, path) ?? ''),
  });
}
