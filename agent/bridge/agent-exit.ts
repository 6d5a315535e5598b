import type { ChildProcess } from 'node:child_process';
import { AttemptFailure } from './attempt-end.ts';
import { tail } from './redact.ts';

const STDERR_TAIL = 2_000;

export type AgentExit = {
  /** Resolves with how the agent's process ended. */
  done: Promise<string>;
  /** Rejects when it has ended, with its last words. */
  failure: Promise<never>;
  /** The end of what it wrote to standard error. */
  stderr: () => string;
};

/** To be called in the same breath as the agent is started. */
export function watchExit(child: ChildProcess): AgentExit {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-STDERR_TAIL);
  });
  child.stdin?.on('error', () => {});
  const done = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => {
      const how = signal ? `signal ${signal}` : `exit code ${code}`;
      // Its last words are still in the pipe.
      setTimeout(() => resolve(`ended with ${how}`), 50);
    });
  });
  const failure = done.then((how): never => {
    const said = text.trim() === '' ? '' : `\n${tail(text.trim(), STDERR_TAIL)}`;
    throw new AttemptFailure('agent', `the agent ${how}${said}`);
  });
  failure.catch(() => {});
  return { done, failure, stderr: () => text };
}
