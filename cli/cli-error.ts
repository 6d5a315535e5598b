/** Exit codes, for scripts. `smol-gang help` prints their meanings. */
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
/** An exit code of the command line. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Meaning of each exit code, as help prints it. */
export const EXIT_MEANINGS: readonly (readonly [ExitCode, string])[] = [
  [EXIT.done, 'success; for a plan in progress: no person needs to act now'],
  [EXIT.failed, 'the plan failed, halted, was rejected or cancelled; or the command itself failed'],
  [EXIT.usage, 'the command, an option or an argument is wrong'],
  [EXIT.denied, 'not signed in, or not allowed'],
  [EXIT.notFound, 'no such plan, task or repository exists'],
  [
    EXIT.conflict,
    'the state of the plan or task does not allow the command, or another change came first',
  ],
  [EXIT.waiting, 'the plan waits for a person; the command to continue is printed'],
  [EXIT.unreachable, 'smol-gang does not answer, or accepts no requests at the moment'],
  [EXIT.interrupted, 'interrupted with Ctrl-C; the plan continues'],
];

/** An error for the user: `message` says what is wrong, `advice` what to do next. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;
  /** Stable identifier in snake_case; for a refusal of the API, the code that the API returned. */
  readonly code: string;
  /** Facts for scripts, printed with --json. */
  readonly details: Readonly<Record<string, unknown>>;
  /** The next step; undefined if the message says everything. */
  readonly advice: string | undefined;

  constructor(
    exitCode: ExitCode,
    code: string,
    message: string,
    options: {
      readonly details?: Readonly<Record<string, unknown>>;
      readonly advice?: string;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.exitCode = exitCode;
    this.code = code;
    this.details = options.details ?? {};
    this.advice = options.advice;
  }
}

/** Creates an error for a wrong command, option or argument. */
export function createUsageError(message: string, advice?: string): CliError {
  return new CliError(EXIT.usage, 'usage', message, advice === undefined ? {} : { advice });
}
