// Names that a bridge needs for its first callback. This file imports no schemas, so that a bridge can send the callback before the
// schemas are loaded.

/** Environment variables of a bridge, which a launcher sets. */
export const BRIDGE_ENVIRONMENT = {
  /** Base URL of the API, http or https. Required. */
  apiUrl: 'SMOL_API_URL',
  /** Id of the attempt, part of the path of every callback. Required. */
  attemptId: 'SMOL_ATTEMPT_ID',
  /** Bearer token for the callbacks of the attempt. Required; secret, so never part of an argument, a file or a log. */
  token: 'SMOL_ATTEMPT_TOKEN',
  /**
   * Absolute path of the folder of the attempt. Required; the bridge empties the folder at the start and removes the folder at
   * the end.
   */
  workDir: 'SMOL_WORK_DIR',
  /** Folder of bare git mirrors that all bridges on one machine share. Default: no mirrors. */
  mirrorDir: 'SMOL_MIRROR_DIR',
  /** Command line of a coding agent as a JSON array of strings. Default: the agent of the assignment. */
  agentCommand: 'SMOL_AGENT_COMMAND',
  /** `namespaces` or `processes` forces this isolation of verification. Default: namespaces where the system offers them. */
  isolation: 'SMOL_ISOLATION',
  /** Variables of TOOL_VARIABLES for git, the agent, set-up and verify, as a JSON object of strings. Default: none. */
  toolEnvironment: 'SMOL_TOOL_ENV',
  /**
   * Files for HOME of the agent, set-up and verify: a JSON object of absolute paths by path below HOME. Default: HOME is empty.
   */
  toolFiles: 'SMOL_TOOL_FILES',
  /** `1` keeps the folder of the attempt, so that a person can examine a failure. Default: the bridge removes the folder. */
  keepWorkDir: 'SMOL_KEEP',
  /** Folders in which git, the agent, set-up and verify find programs, separated by colons. Default: DEFAULT_PROGRAM_PATH. */
  programPath: 'PATH',
} as const;

/** Default of `PATH` for a bridge. */
export const DEFAULT_PROGRAM_PATH = '/usr/local/bin:/usr/bin:/bin';

/** Paths of the attempt callbacks by name, with `{attempt}` for the id. ATTEMPT_API adds the schemas. */
export const ATTEMPT_CALLBACK_PATHS = {
  start: '/v1/attempts/{attempt}/start',
  credentials: '/v1/attempts/{attempt}/credentials',
  heartbeat: '/v1/attempts/{attempt}/heartbeat',
  transcript: '/v1/attempts/{attempt}/transcript',
  checkpoint: '/v1/attempts/{attempt}/checkpoint',
  question: '/v1/attempts/{attempt}/question',
  result: '/v1/attempts/{attempt}/result',
} as const;

/** Name of an attempt callback. */
export type AttemptCallback = keyof typeof ATTEMPT_CALLBACK_PATHS;

/** Returns the path of a callback for one attempt, without the base URL. */
export function buildCallbackPath(callback: AttemptCallback, attemptId: string): string {
  return ATTEMPT_CALLBACK_PATHS[callback].replace('{attempt}', encodeURIComponent(attemptId));
}
