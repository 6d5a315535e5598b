/**
 * Environment variables of a bridge. A launcher sets them for the bridge of one attempt, and no other variable of its own.
 * Free of schemas: a bridge reads the variables before it loads the rest of itself.
 */
export const BRIDGE_ENVIRONMENT = {
  /** Base URL of the API, http or https. Required. */
  apiUrl: 'SMOL_API_URL',
  /** Id of the attempt, part of the path of every callback. Required. */
  attemptId: 'SMOL_ATTEMPT_ID',
  /** Bearer token for the callbacks of the attempt. Required; secret, so never part of an argument, a file or a log. */
  token: 'SMOL_ATTEMPT_TOKEN',
  /**
   * Absolute path of the folder of the attempt. Required; the bridge empties the folder at the start and removes it at the
   * end.
   */
  workDir: 'SMOL_WORK_DIR',
  /** Folder of bare mirrors that the bridges of one machine share. Default: no mirrors. */
  mirrorDir: 'SMOL_MIRROR_DIR',
  /** Command line of a coding agent as a JSON array of strings. Default: the agent of the assignment. */
  agentCommand: 'SMOL_AGENT_COMMAND',
  /** `1` keeps the folder of the attempt after the end, to look into a failure. Default: the bridge removes the folder. */
  keepWorkDir: 'SMOL_KEEP',
  /** Folders of programs, separated by colons: for git, the agent, set-up and verify. Default: DEFAULT_PROGRAM_PATH. */
  programPath: 'PATH',
} as const;

/** Folders of programs where no PATH is given. */
export const DEFAULT_PROGRAM_PATH = '/usr/local/bin:/usr/bin:/bin';
