import type { AgentConversation } from './agent-conversation.ts';
import { findFirstFailure, parseVerifyCommands, renderGiveUpLine } from './agent-conversation.ts';
import type { CompletedCall } from './conversation.ts';
import { findReadContent } from './conversation.ts';
import type { DemoTask, FileEdit } from './demo-task.ts';
import { readWorkFiles } from './demo-task.ts';
import type { Reply, RequestedCall } from './reply.ts';
import { createRequestedCall } from './reply.ts';

// The scripted model at work on a task of the demo, in steps: list, read, write, edit, test, summarise. A step is complete when
// each of its tool calls has an output.

/** A step of the work: a text, and the tool calls that the agent shall run. */
type Step = { readonly text: string; readonly calls: readonly RequestedCall[] };

/** Answers the next request of an agent that works on `task`. */
export function answerWorkTurn(conversation: AgentConversation, task: DemoTask): Reply {
  const isCarelessTry = task.firstTry !== undefined && !isRetry(conversation, task);
  if (isCarelessTry && hasFailureReport(conversation))
    return { text: renderGiveUpLine(task.firstTry?.giveUpReason ?? '') };
  const steps = isCarelessTry
    ? listFirstTrySteps(conversation, task)
    : listSteps(conversation, task);
  for (const step of steps) {
    const missingCalls = step.calls.filter((call) => !isCompleted(conversation.calls, call));
    if (missingCalls.length > 0) return { text: step.text, calls: missingCalls };
  }
  const problem = findLastProblem(conversation.calls);
  if (problem !== undefined) return { text: renderGiveUpLine(problem) };
  return { text: [...acknowledgeMessages(conversation), task.summary].join('\n\n') };
}

/** Returns whether an earlier attempt exists: the prompt mentions such an attempt, or a file of the task exists. */
function isRetry({ prompt, calls }: AgentConversation, task: DemoTask): boolean {
  const reason = task.firstTry?.giveUpReason.slice(0, 40) ?? '';
  if (prompt.includes(reason) || /(earlier|previous|last) attempt/i.test(prompt)) return true;
  const listing = calls.find((call) => call.name === 'list_files')?.output.split('\n') ?? [];
  return task.scope.some((path) => listing.includes(path));
}

function hasFailureReport({ followUps }: AgentConversation): boolean {
  return followUps.some((text) => /ended with exit code|did not finish/.test(text));
}

function listSteps(conversation: AgentConversation, task: DemoTask): Step[] {
  return [
    ...listReadingSteps(task),
    {
      text: 'Now I write the code and its tests.',
      calls: createWriteCalls(conversation, task, false),
    },
    {
      text: 'I change these places in existing files.',
      calls: createEditCalls(conversation, task),
    },
    { text: 'I run the tests.', calls: createTestCalls(conversation) },
  ];
}

/** Lists the steps of a careless first attempt, which writes defective code and does not run the tests. */
function listFirstTrySteps(conversation: AgentConversation, task: DemoTask): Step[] {
  return [
    ...listReadingSteps(task),
    {
      text: 'This is a small change; I write the code without running the tests.',
      calls: createWriteCalls(conversation, task, true),
    },
  ];
}

function listReadingSteps(task: DemoTask): Step[] {
  return [
    { text: 'I list the files.', calls: [createRequestedCall('list_files', {})] },
    {
      text: 'I read the files that this task affects.',
      calls: task.reads.map((path) => createRequestedCall('read_file', { path })),
    },
  ];
}

function createWriteCalls(
  { variations }: AgentConversation,
  task: DemoTask,
  isCarelessTry: boolean,
): RequestedCall[] {
  if (task.work === undefined) return [];
  const files = new Map(readWorkFiles(task.work));
  const defectiveFiles = isCarelessTry && task.firstTry ? readWorkFiles(task.firstTry.work) : [];
  for (const [path, content] of defectiveFiles) files.set(path, content);
  return [...files].map(([path, content]) =>
    createRequestedCall('write_file', { path, content: variations.varyFile(content) }),
  );
}

const UNRELEASED = '## Unreleased\n\n';

/** Creates a call for each edit whose new text is not yet in the file, according to the last read of the file. */
function createEditCalls({ calls }: AgentConversation, task: DemoTask): RequestedCall[] {
  const changelogEdits = task.changelog === undefined ? [] : [createChangelogEdit(task.changelog)];
  return [...task.edits, ...changelogEdits]
    .filter((edit) => !findReadContent(calls, edit.path)?.includes(edit.new))
    .map((edit) => createRequestedCall('edit_file', edit));
}

function createChangelogEdit(line: string): FileEdit {
  return { path: 'CHANGELOG.md', old: UNRELEASED, new: `${UNRELEASED}- ${line}\n` };
}

function createTestCalls({ prompt }: AgentConversation): RequestedCall[] {
  return parseVerifyCommands(prompt).map((command) =>
    createRequestedCall('run', { command, timeoutSeconds: 120 }),
  );
}

const FILE_CHANGE_TOOLS = new Set(['write_file', 'edit_file']);

/** Returns whether a call has an output. A test run counts only if no file has changed since. */
function isCompleted(calls: readonly CompletedCall[], requested: RequestedCall): boolean {
  const lastChange = calls.findLastIndex((call) => FILE_CHANGE_TOOLS.has(call.name));
  const candidates = requested.name === 'run' ? calls.slice(lastChange + 1) : calls;
  return candidates.some(
    (call) =>
      call.name === requested.name &&
      call.output !== 'cancelled' &&
      call.output !== 'error: cancelled' &&
      hasSameInput(call.input, requested.input),
  );
}

function hasSameInput(
  actual: Readonly<Record<string, unknown>>,
  expected: Readonly<Record<string, unknown>>,
): boolean {
  return Object.keys(expected).every(
    (name) => JSON.stringify(actual[name]) === JSON.stringify(expected[name]),
  );
}

/** Describes the last rejected file change, otherwise the last test run if the run failed. Undefined: no problem. */
export function findLastProblem(calls: readonly CompletedCall[]): string | undefined {
  const rejected = calls.findLast(
    (call) => FILE_CHANGE_TOOLS.has(call.name) && call.output.startsWith('error:'),
  );
  if (rejected !== undefined) return `${rejected.name} ${rejected.input.path}: ${rejected.output}`;
  const run = calls.findLast((call) => call.name === 'run');
  if (run === undefined || run.output.startsWith('exit code 0')) return undefined;
  return `the tests fail: ${findFirstFailure(run.output)}`;
}

/** Acknowledges messages that people sent after the prompt. Such messages do not change the scripted work. */
function acknowledgeMessages({ followUps }: AgentConversation): string[] {
  return followUps.length === 0 ? [] : ['Noted; no further change is necessary.'];
}
