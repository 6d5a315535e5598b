import type { ChildProcess } from 'node:child_process';
import { AttemptFailure } from '../attempt-error.ts';
import { keepEnd } from '../host/redactor.ts';

const MAX_STDERR_CHARS = 2_000;
/** Wait for output that is still in the pipe at the exit, milliseconds. */
const DRAIN_MS = 50;

/** Exit of an agent process. */
export type AgentExit = {
  /** Resolves with a description of the exit; never rejects. */
  readonly done: Promise<string>;
  /** Rejects at the exit with an AttemptFailure that quotes the end of standard error; never resolves. */
  readonly failure: Promise<never>;
  /** Returns the end of standard error. */
  readonly readStderr: () => string;
};

/** Watches an agent. Must be called in the same tick as the start, or an early exit goes unnoticed. */
export function watchAgentExit(child: ChildProcess): AgentExit {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-MAX_STDERR_CHARS);
  });
  child.stdin?.on('error', () => {});
  const done = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => {
      const outcome = signal ? `signal ${signal}` : `exit code ${code}`;
      setTimeout(() => resolve(`ended with ${outcome}`), DRAIN_MS);
    });
  });
  const failure = done.then((description): never => {
    const stderr = text.trim() === '' ? '' : `\n${keepEnd(text.trim(), MAX_STDERR_CHARS)}`;
    throw new AttemptFailure('agent', `the agent ${description}${stderr}`);
  });
  failure.catch(() => {});
  return { done, failure, readStderr: () => text };
}
