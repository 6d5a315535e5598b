import type { AgentView } from './agent-view.ts';
import { findFirstFailure, parseVerifyCommands, renderGiveUpLine } from './agent-view.ts';
import type { DoneCall } from './conversation.ts';
import { findReadContent } from './conversation.ts';
import type { DemoTask, FileEdit } from './demo-task.ts';
import { readWorkFiles } from './demo-task.ts';
import type { Reply, RequestedCall } from './reply.ts';
import { createRequestedCall } from './reply.ts';

// A task of the demo, step by step: look, read, write, edit, test, sum up. A step is over when its calls have been made.

type Step = { readonly says: string; readonly calls: readonly RequestedCall[] };

export function workTurn(view: AgentView, task: DemoTask): Reply {
  const isFirstTry = task.firstTry !== undefined && !isRetry(view, task);
  if (isFirstTry && wasToldOfRed(view))
    return { text: renderGiveUpLine(task.firstTry?.givesUp ?? '') };
  const steps = isFirstTry ? firstTrySteps(view, task) : stepsOf(view, task);
  for (const step of steps) {
    const open = step.calls.filter((call) => !isDone(view.calls, call));
    if (open.length > 0) return { text: step.says, calls: open };
  }
  const problem = lastProblem(view.calls);
  if (problem !== undefined) return { text: renderGiveUpLine(problem) };
  return { text: [...remarks(view), task.summary].join('\n\n') };
}

/** Told of what went wrong before, or finding its files there already. */
function isRetry({ prompt, calls }: AgentView, task: DemoTask): boolean {
  const reason = task.firstTry?.givesUp.slice(0, 40) ?? '';
  if (prompt.includes(reason) || /(earlier|previous|last) attempt/i.test(prompt)) return true;
  const listing = calls.find((call) => call.name === 'list_files')?.output.split('\n') ?? [];
  return task.scope.some((path) => listing.includes(path));
}

function wasToldOfRed({ followUps }: AgentView): boolean {
  return followUps.some((text) => /ended with exit code|did not end/.test(text));
}

function stepsOf(view: AgentView, task: DemoTask): Step[] {
  return [
    ...lookingSteps(task),
    { says: 'Now I write it, with its tests.', calls: writes(view, task, false) },
    { says: 'What is there already changes in these places.', calls: edits(view, task) },
    { says: 'I run the tests.', calls: testRuns(view) },
  ];
}

/** In a hurry: what it wrote is wrong, and it does not run the tests. */
function firstTrySteps(view: AgentView, task: DemoTask): Step[] {
  return [
    ...lookingSteps(task),
    {
      says: 'That is small; I write it down and need not run anything.',
      calls: writes(view, task, true),
    },
  ];
}

function lookingSteps(task: DemoTask): Step[] {
  return [
    { says: 'I look at what is there.', calls: [createRequestedCall('list_files', {})] },
    {
      says: 'I read what this touches.',
      calls: task.reads.map((path) => createRequestedCall('read_file', { path })),
    },
  ];
}

function writes({ flavour }: AgentView, task: DemoTask, isFirstTry: boolean): RequestedCall[] {
  if (task.work === undefined) return [];
  const files = new Map(readWorkFiles(task.work));
  const wrong = isFirstTry && task.firstTry ? readWorkFiles(task.firstTry.work) : [];
  for (const [path, content] of wrong) files.set(path, content);
  return [...files].map(([path, content]) =>
    createRequestedCall('write_file', { path, content: flavour.varyFile(content) }),
  );
}

const UNRELEASED = '## Unreleased\n\n';

/** Of what an earlier attempt has done already, nothing is done twice. */
function edits({ calls }: AgentView, task: DemoTask): RequestedCall[] {
  const line = task.changelog === undefined ? [] : [changelogEdit(task.changelog)];
  const wanted = [...task.edits, ...line];
  return wanted
    .filter((edit) => !findReadContent(calls, edit.path)?.includes(edit.new))
    .map((edit) => createRequestedCall('edit_file', edit));
}

function changelogEdit(line: string): FileEdit {
  return { path: 'CHANGELOG.md', old: UNRELEASED, new: `${UNRELEASED}- ${line}\n` };
}

function testRuns({ prompt }: AgentView): RequestedCall[] {
  return parseVerifyCommands(prompt).map((command) =>
    createRequestedCall('run', { command, timeoutSeconds: 120 }),
  );
}

const FILE_TOOLS = new Set(['write_file', 'edit_file']);

/** A run counts only after the last change of a file. */
function isDone(calls: readonly DoneCall[], wanted: RequestedCall): boolean {
  const lastChange = calls.findLastIndex((call) => FILE_TOOLS.has(call.name));
  const counted = wanted.name === 'run' ? calls.slice(lastChange + 1) : calls;
  return counted.some(
    (call) =>
      call.name === wanted.name &&
      call.output !== 'cancelled' &&
      call.output !== 'error: cancelled' &&
      sameInput(call.input, wanted.input),
  );
}

function sameInput(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>) {
  return Object.keys(b).every((name) => JSON.stringify(a[name]) === JSON.stringify(b[name]));
}

/** A change that was refused, or tests that are red at the end. */
export function lastProblem(calls: readonly DoneCall[]): string | undefined {
  const refused = calls.findLast(
    (call) => FILE_TOOLS.has(call.name) && call.output.startsWith('error:'),
  );
  if (refused !== undefined) return `${refused.name} ${refused.input.path}: ${refused.output}`;
  const run = calls.findLast((call) => call.name === 'run');
  if (run === undefined || run.output.startsWith('exit code 0')) return undefined;
  return `the tests are red: ${findFirstFailure(run.output)}`;
}

/** People's messages and left-out changes are answered, and change nothing. */
function remarks({ followUps }: AgentView): string[] {
  return followUps.length === 0 ? [] : ['Noted; the work can stay as it is.'];
}
