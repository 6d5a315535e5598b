import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import {
  CARGO_REGISTRY_VARIABLE,
  CONFIG_FILES,
  PROXY_VARIABLES,
  TOOL_VARIABLES,
} from '../../core/contract/tool-environment.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Hosts that a proxy must never serve: the API, the local forge and the model proxy of an attempt run on this machine. */
const LOCAL_HOSTS = ['localhost', '127.0.0.1', '::1'];

/** Collects the variables of the person that reach attempts, with the default folders of installed tool chains. */
export function collectToolEnvironment(
  env: Environment,
  home: string = env.HOME || homedir(),
): Record<string, string> {
  const collected: Record<string, string> = {};
  for (const { name, defaultFolder } of TOOL_VARIABLES) {
    const folder = defaultFolder && join(home, defaultFolder);
    const value = readOwnValue(env, name) || (folder && existsSync(folder) ? folder : '');
    if (value) collected[name] = value;
  }
  for (const [name, value] of Object.entries(env))
    if (value && CARGO_REGISTRY_VARIABLE.test(name)) collected[name] = value;
  if (!PROXY_VARIABLES.some((name) => collected[name])) return collected;
  const hosts = (collected.NO_PROXY ?? collected.no_proxy ?? '').split(',').filter(Boolean);
  const noProxy = [...new Set([...hosts, ...LOCAL_HOSTS])].join(',');
  return { ...collected, NO_PROXY: noProxy, no_proxy: noProxy };
}

/** Returns the absolute paths of the selected configuration files that exist, by path below HOME. */
export function collectToolFiles(
  names: readonly (keyof typeof CONFIG_FILES)[],
  home: string = homedir(),
): Record<string, string> {
  const paths = names.map((name) => CONFIG_FILES[name]);
  const existingPaths = paths.filter((path) => existsSync(join(home, path)));
  return Object.fromEntries(existingPaths.map((path) => [path, join(home, path)]));
}

/** Returns a variable of the person; undefined for a variable that npm sets when it runs a script. */
function readOwnValue(env: Environment, name: string): string | undefined {
  const isSetByNpm = name.startsWith('npm_config_') && env.npm_lifecycle_event !== undefined;
  return isSetByNpm ? undefined : env[name];
}
