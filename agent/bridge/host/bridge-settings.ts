import { parseJson } from '../../../core/base/parse-json.ts';
import { BRIDGE_ENVIRONMENT, DEFAULT_PROGRAM_PATH } from '../../../core/contract/bridge.ts';
import type { IsolationSetting } from './sandbox.ts';

/** Settings of one bridge, from the environment variables that BRIDGE_ENVIRONMENT documents. */
export type BridgeSettings = {
  /** Base URL of the API, without a trailing slash. */
  readonly apiUrl: string;
  readonly attemptId: string;
  /** Bearer token for the callbacks of the attempt. */
  readonly token: string;
  /** Absolute path of the folder of the attempt, without a trailing slash. */
  readonly workDir: string;
  /** Folder of the shared mirrors; undefined: no mirror is used. */
  readonly mirrorDir: string | undefined;
  /** Command line to use instead of the command of the agent in the assignment. */
  readonly agentCommand: string[] | undefined;
  /** Isolation of verification. */
  readonly isolation: IsolationSetting;
  /** Whether `workDir` is kept after the attempt. */
  readonly keepsWorkDir: boolean;
  /** Settings of networks, tool chains and registries for child processes. */
  readonly toolEnvironment: Readonly<Record<string, string>>;
  /** Absolute paths of the files for HOME of child processes, by path below HOME. */
  readonly toolFiles: Readonly<Record<string, string>>;
  /** PATH of every child process. */
  readonly programPath: string;
};

/** Reads the settings, and deletes the token from `env`. Throws one error that lists all invalid variables, without their values. */
export function takeBridgeSettings(env: NodeJS.ProcessEnv): BridgeSettings {
  const problems: string[] = [];
  const settings: BridgeSettings = {
    apiUrl: readHttpUrl(env, BRIDGE_ENVIRONMENT.apiUrl, problems),
    attemptId: readRequired(env, BRIDGE_ENVIRONMENT.attemptId, problems),
    token: readRequired(env, BRIDGE_ENVIRONMENT.token, problems),
    workDir: readAbsolutePath(env, BRIDGE_ENVIRONMENT.workDir, problems),
    mirrorDir: env[BRIDGE_ENVIRONMENT.mirrorDir] || undefined,
    agentCommand: readArgumentArray(env, BRIDGE_ENVIRONMENT.agentCommand, problems),
    isolation: readIsolation(env, BRIDGE_ENVIRONMENT.isolation, problems),
    keepsWorkDir: env[BRIDGE_ENVIRONMENT.keepWorkDir] === '1',
    toolEnvironment: readStringRecord(env, BRIDGE_ENVIRONMENT.toolEnvironment, problems),
    toolFiles: readStringRecord(env, BRIDGE_ENVIRONMENT.toolFiles, problems),
    programPath: env[BRIDGE_ENVIRONMENT.programPath] ?? DEFAULT_PROGRAM_PATH,
  };
  delete env[BRIDGE_ENVIRONMENT.token];
  if (problems.length > 0) throw new Error(`invalid environment variables: ${problems.join('; ')}`);
  return settings;
}

function readRequired(env: NodeJS.ProcessEnv, name: string, problems: string[]): string {
  const value = env[name];
  if (!value) problems.push(`${name} is not set`);
  return value ?? '';
}

function readHttpUrl(env: NodeJS.ProcessEnv, name: string, problems: string[]): string {
  const value = env[name];
  if (!value || !URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
    problems.push(`${name} must be an http or https URL`);
    return '';
  }
  return value.replace(/\/+$/, '');
}

function readAbsolutePath(env: NodeJS.ProcessEnv, name: string, problems: string[]): string {
  const value = env[name];
  if (!value?.startsWith('/') || value === '/') {
    problems.push(`${name} must be an absolute path`);
    return '';
  }
  return value.replace(/\/+$/, '');
}

function readIsolation(env: NodeJS.ProcessEnv, name: string, problems: string[]): IsolationSetting {
  const value = env[name] || 'auto';
  if (value === 'auto' || value === 'namespaces' || value === 'processes') return value;
  problems.push(`${name} must be auto, namespaces or processes`);
  return 'auto';
}

function readStringRecord(
  env: NodeJS.ProcessEnv,
  name: string,
  problems: string[],
): Record<string, string> {
  const value = env[name];
  if (!value) return {};
  const parsed = parseJson(value);
  const entries = typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [];
  const isValid = entries.length > 0 && entries.every(([, text]) => typeof text === 'string');
  if (isValid || value === '{}') return Object.fromEntries(entries);
  problems.push(`${name} must be a JSON object of strings`);
  return {};
}

function readArgumentArray(
  env: NodeJS.ProcessEnv,
  name: string,
  problems: string[],
): string[] | undefined {
  const value = env[name];
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
