import type { ChildProcess } from 'node:child_process';
import { AttemptFailure } from '../attempt-error.ts';
import { keepEnd } from '../host/redactor.ts';

const MAX_STDERR_CHARS = 2_000;
/** Wait after the exit, so that output in the pipe can arrive, milliseconds. */
const DRAIN_MS = 50;

/** Observed exit of an agent process. */
export type AgentExit = {
  /** Resolves with a description of the exit; never rejects. */
  readonly done: Promise<string>;
  /** Never resolves. Rejects when the agent exits, with an AttemptFailure that quotes the end of standard error. */
  readonly failure: Promise<never>;
};

/** Watches an agent process. Call this in the same tick as the start; otherwise an early exit is missed. */
export function watchAgentExit(child: ChildProcess): AgentExit {
  let stderrEnd = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderrEnd = (stderrEnd + chunk).slice(-MAX_STDERR_CHARS);
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
    const stderr = stderrEnd.trim();
    const quote = stderr === '' ? '' : `\n${keepEnd(stderr, MAX_STDERR_CHARS)}`;
    throw new AttemptFailure('agent', `the agent ${description}${quote}`);
  });
  failure.catch(() => {});
  return { done, failure };
}
