import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { z } from 'zod';
import { sendSignal } from '../../../core/base/send-signal.ts';
import type { ToolContext } from './tool.ts';
import { defineTool, ToolError } from './tool.ts';

const HEAD_CHARS = 4_000;
const TAIL_CHARS = 12_000;
/** Time between SIGTERM and SIGKILL, milliseconds. */
const KILL_GRACE_MS = 2_000;
/** Longest wait after the exit of a command for the end of its output, milliseconds. */
const DRAIN_MS = 200;

const parametersSchema = z.object({
  command: z
    .array(z.string())
    .min(1)
    .describe('program and arguments, for example ["node", "--test"]; no shell'),
  timeoutSeconds: z.number().min(1).max(1_800).default(120),
});
type RunCommandInput = z.output<typeof parametersSchema>;

/** Tool that runs one program without a shell and returns its exit code and output. */
export const runCommandTool = defineTool({
  name: 'run',
  description:
    'Run a command in the workspace and get its exit code and output. The command gets no standard input. Background processes that the command started are killed when the command exits.',
  kind: 'execute',
  requiresPermission: true,
  parameters: parametersSchema,
  title: (input) => `Run ${input.command.join(' ')}`,
  run: runCommand,
});

async function runCommand(input: RunCommandInput, context: ToolContext): Promise<string> {
  const output = createBoundedOutput();
  const child = spawnCommand(input.command, context);
  child.stdout?.setEncoding('utf8').on('data', output.add);
  child.stderr?.setEncoding('utf8').on('data', output.add);
  const timeout = AbortSignal.timeout(input.timeoutSeconds * 1_000);
  const stopSignal = AbortSignal.any([context.signal, timeout]);
  const terminate = () => terminateGroup(child);
  if (stopSignal.aborted) terminate();
  stopSignal.addEventListener('abort', terminate);
  try {
    const outcome = await waitForOutcome(child, input.command);
    const note = timeout.aborted ? `\n[stopped after ${input.timeoutSeconds} s]` : '';
    return `${outcome}${note}\n${output.text()}`;
  } finally {
    stopSignal.removeEventListener('abort', terminate);
    signalGroup(child, 'SIGKILL');
  }
}

/** Starts a command in a new process group, so that one signal reaches all descendants. */
function spawnCommand(command: readonly string[], context: ToolContext): ChildProcess {
  const [program = '', ...args] = command;
  return spawn(program, args, {
    cwd: context.root,
    env: context.commandEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
}

function waitForOutcome(child: ChildProcess, command: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) =>
      reject(new ToolError(`${command[0]} could not be started: ${error.message}`)),
    );
    child.once('exit', (code, signal) => {
      const outcome = code === null ? `killed by ${signal}` : `exit code ${code}`;
      // A background process may keep the pipe open, and then the event `close` never comes.
      const drainTimer = setTimeout(() => resolve(outcome), DRAIN_MS);
      child.once('close', () => {
        clearTimeout(drainTimer);
        resolve(outcome);
      });
    });
  });
}

/** Sends SIGTERM to the process group, and SIGKILL after a grace period. */
function terminateGroup(child: ChildProcess): void {
  signalGroup(child, 'SIGTERM');
  setTimeout(() => {
    if (child.exitCode === null && child.signalCode === null) signalGroup(child, 'SIGKILL');
  }, KILL_GRACE_MS).unref();
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid !== undefined) sendSignal(-child.pid, signal);
}

/** Collects output. Keeps only the beginning and end of a long output, because most error messages are there. */
export function createBoundedOutput(): { add(text: string): void; text(): string } {
  let head = '';
  let tail = '';
  let droppedChars = 0;
  function add(text: string): void {
    const room = HEAD_CHARS - head.length;
    head += text.slice(0, room);
    tail += text.slice(room);
    const excess = tail.length - TAIL_CHARS;
    if (excess <= 0) return;
    droppedChars += excess;
    tail = tail.slice(excess);
  }
  return {
    add,
    text: () =>
      droppedChars === 0
        ? head + tail
        : `${head}\n[... ${droppedChars} characters left out ...]\n${tail}`,
  };
}
