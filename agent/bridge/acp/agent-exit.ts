import type { ChildProcess } from 'node:child_process';
import { AttemptFailure } from '../attempt-error.ts';
import { keepEnd } from '../host/redactor.ts';

const MAX_STDERR_CHARS = 2_000;

export type AgentExit = {
  /** Resolves with how the agent's process ended. */
  readonly done: Promise<string>;
  /** Rejects when it has ended, with its last words. */
  readonly failure: Promise<never>;
  /** The end of what it wrote to standard error. */
  readonly readStderr: () => string;
};

/** To be called in the same breath as the agent is started. */
export function watchAgentExit(child: ChildProcess): AgentExit {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-MAX_STDERR_CHARS);
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
    const said = text.trim() === '' ? '' : `\n${keepEnd(text.trim(), MAX_STDERR_CHARS)}`;
    throw new AttemptFailure('agent', `the agent ${how}${said}`);
  });
  failure.catch(() => {});
  return { done, failure, readStderr: () => text };
}
