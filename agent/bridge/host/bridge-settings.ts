import { parseJson } from '../../../core/base/parse-json.ts';
import { BRIDGE_ENVIRONMENT, DEFAULT_PROGRAM_PATH } from '../../../core/contract/bridge.ts';

/** Settings of one bridge. The launcher sets them as environment variables, which BRIDGE_ENVIRONMENT documents. */
export type BridgeSettings = {
  /** Base URL of the API, without a trailing slash. */
  readonly apiUrl: string;
  readonly attemptId: string;
  readonly token: string;
  /** Absolute path of the folder of the attempt, without a trailing slash. */
  readonly workDir: string;
  /** Folder of the shared mirrors; undefined: no mirror is used. */
  readonly mirrorDir: string | undefined;
  /** Command line to use instead of the command of the agent in the assignment. */
  readonly agentCommand: string[] | undefined;
  /** Whether `workDir` is kept after the attempt. */
  readonly keepsWorkDir: boolean;
  /** PATH of every child process. */
  readonly programPath: string;
};

const { apiUrl, attemptId, token, workDir, mirrorDir, agentCommand, keepWorkDir, programPath } =
  BRIDGE_ENVIRONMENT;

/** Reads the settings, and deletes the token from `env`. Throws one error that lists all invalid variables, without their values. */
export function takeBridgeSettings(env: NodeJS.ProcessEnv): BridgeSettings {
  const secret = env[token];
  delete env[token];
  const problems: string[] = [];
  const settings: BridgeSettings = {
    apiUrl: readHttpUrl(apiUrl, env[apiUrl], problems),
    attemptId: readRequired(attemptId, env[attemptId], problems),
    token: readRequired(token, secret, problems),
    workDir: readAbsolutePath(workDir, env[workDir], problems),
    mirrorDir: env[mirrorDir] || undefined,
    agentCommand: readArgumentArray(agentCommand, env[agentCommand], problems),
    keepsWorkDir: env[keepWorkDir] === '1',
    programPath: env[programPath] ?? DEFAULT_PROGRAM_PATH,
  };
  if (problems.length > 0) throw new Error(`invalid environment variables: ${problems.join('; ')}`);
  return settings;
}

function readRequired(name: string, value: string | undefined, problems: string[]): string {
  if (!value) problems.push(`${name} is not set`);
  return value ?? '';
}

function readHttpUrl(name: string, value: string | undefined, problems: string[]): string {
  if (!value || !URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
    problems.push(`${name} must be an http or https URL`);
    return '';
  }
  return value.replace(/\/+$/, '');
}

function readAbsolutePath(name: string, value: string | undefined, problems: string[]): string {
  if (!value?.startsWith('/') || value === '/') {
    problems.push(`${name} must be an absolute path`);
    return '';
  }
  return value.replace(/\/+$/, '');
}

function readArgumentArray(
  name: string,
  value: string | undefined,
  problems: string[],
): string[] | undefined {
  if (!value) return undefined;
  const parsed = parseJson(value);
  if (
    Array.isArray(parsed) &&
    parsed.length > 0 &&
    parsed.every((argument) => typeof argument === 'string')
  ) {
    return parsed;
  }
  problems.push(`${name} must be a JSON array of strings, such as ["opencode","acp"]`);
  return undefined;
}
