/** What a script can tell from the exit code; `smol-gang help` prints this table. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  denied: 3,
  notFound: 4,
  conflict: 5,
  waiting: 6,
  unreachable: 7,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_MEANINGS: readonly (readonly [ExitCode, string])[] = [
  [EXIT.done, 'done'],
  [EXIT.failed, 'the plan failed, halted or was cancelled; or a check failed'],
  [EXIT.usage, 'the command or what it was given is wrong'],
  [EXIT.denied, 'not signed in, or not allowed'],
  [EXIT.notFound, 'there is no such plan, task or repository'],
  [EXIT.conflict, 'the state does not allow it, or somebody else was first'],
  [EXIT.waiting, 'waiting for a person; the command that goes on is printed'],
  [EXIT.unreachable, 'smol-gang does not answer, or refuses for a while'],
  [EXIT.interrupted, 'interrupted with Ctrl-C; the plan goes on'],
];

/** An error that is said to the person in one go: `message` is what is wrong, `advice` what to do about it. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;
  /** snake_case, stable; the API's own code where the API refused. */
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly advice: string | undefined;

  constructor(
    exitCode: ExitCode,
    code: string,
    message: string,
    more: {
      readonly details?: Readonly<Record<string, unknown>>;
      readonly advice?: string;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.exitCode = exitCode;
    this.code = code;
    this.details = more.details ?? {};
    this.advice = more.advice;
  }
}

export function createUsageError(message: string, advice?: string): CliError {
  return new CliError(EXIT.usage, 'usage', message, advice === undefined ? {} : { advice });
}
