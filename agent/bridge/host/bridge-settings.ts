// What the launcher hands to a bridge: these variables and nothing else.

export type BridgeSettings = {
  readonly apiUrl: string;
  readonly attemptId: string;
  readonly token: string;
  /** The attempt's own folder: made by the bridge, and removed by it at the end. */
  readonly workDir: string;
  /** Bare mirrors shared by the attempts of this machine. */
  readonly mirrorDir: string | undefined;
  /** Runs in place of the agent that the assignment names. */
  readonly agentCommand: string[] | undefined;
  readonly keepsWorkDir: boolean;
};

/** Takes the settings out of `env`: the token is gone from it afterwards. Throws with every problem named. */
export function takeBridgeSettings(env: NodeJS.ProcessEnv): BridgeSettings {
  const token = env.SMOL_ATTEMPT_TOKEN ?? '';
  delete env.SMOL_ATTEMPT_TOKEN;
  const problems: string[] = [];
  const settings: BridgeSettings = {
    apiUrl: readHttpUrl(env.SMOL_API_URL, problems),
    attemptId: readRequired('SMOL_ATTEMPT_ID', env.SMOL_ATTEMPT_ID, problems),
    token: readRequired('SMOL_ATTEMPT_TOKEN', token, problems),
    workDir: readAbsolutePath(env.SMOL_WORK_DIR, problems),
    mirrorDir: env.SMOL_MIRROR_DIR || undefined,
    agentCommand: readArgumentArray(env.SMOL_AGENT_COMMAND, problems),
    keepsWorkDir: env.SMOL_KEEP === '1',
  };
  if (problems.length > 0) throw new Error(problems.join('; '));
  return settings;
}

/** Where programs are found: by git, and by the agent, set-up and verify. */
export function readProgramPath(): string {
  return process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin';
}

function readRequired(name: string, value: string | undefined, problems: string[]): string {
  if (!value) problems.push(`${name} is not set`);
  return value ?? '';
}

function readHttpUrl(value: string | undefined, problems: string[]): string {
  if (!value || !URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
    problems.push('SMOL_API_URL must be an http or https address');
    return '';
  }
  return value.replace(/\/+$/, '');
}

function readAbsolutePath(value: string | undefined, problems: string[]): string {
  if (!value?.startsWith('/') || value === '/') {
    problems.push('SMOL_WORK_DIR must be an absolute path');
    return '';
  }
  return value.replace(/\/+$/, '');
}

function readArgumentArray(value: string | undefined, problems: string[]): string[] | undefined {
  if (!value) return undefined;
  try {
    const parsed: unknown = JSON.parse(value);
    if (Array.isArray(parsed) && parsed.length > 0 && parsed.every((a) => typeof a === 'string')) {
      return parsed;
    }
  } catch {
    // Said below, together with what else is wrong.
  }
  problems.push('SMOL_AGENT_COMMAND must be a JSON array of strings');
  return undefined;
}
