import { BRIDGE_ENVIRONMENT } from './bridge.ts';

// Environment variables of the person who runs the platform that reach attempts: the settings of networks, tool chains and package
// registries. All other variables of the person stay outside.

/** Variable that reaches attempts if the person has set it. */
export type ToolVariable = {
  readonly name: string;
  /**
   * - `network`   proxies and certificate authorities: for the bridge, git, the agent, set-up and verify
   * - `toolHome`  folder of an installed tool chain: for the agent, set-up and verify
   * - `registry`  address of package registries: for the agent, set-up and verify
   */
  readonly group: 'network' | 'toolHome' | 'registry';
  /** Folder below HOME of the person that is the value if the variable is not set and the folder exists. */
  readonly defaultFolder?: string;
};

function listVariables(group: ToolVariable['group'], names: readonly string[]): ToolVariable[] {
  return names.map((name) => ({ name, group }));
}

/** Variables that name a proxy. */
export const PROXY_VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'].flatMap((name) => [
  name,
  name.toLowerCase(),
]);

/** All variables that reach attempts. docs/operations.md lists them for people. */
export const TOOL_VARIABLES: readonly ToolVariable[] = [
  ...listVariables('network', [
    ...PROXY_VARIABLES,
    'NO_PROXY',
    'no_proxy',
    'NODE_EXTRA_CA_CERTS',
    'SSL_CERT_FILE',
    'SSL_CERT_DIR',
    'REQUESTS_CA_BUNDLE',
    'CURL_CA_BUNDLE',
    'PIP_CERT',
    'GIT_SSL_CAINFO',
    'CARGO_HTTP_CAINFO',
  ]),
  { name: 'RUSTUP_HOME', group: 'toolHome', defaultFolder: '.rustup' },
  { name: 'PYENV_ROOT', group: 'toolHome', defaultFolder: '.pyenv' },
  { name: 'NVM_DIR', group: 'toolHome', defaultFolder: '.nvm' },
  { name: 'VOLTA_HOME', group: 'toolHome', defaultFolder: '.volta' },
  { name: 'FNM_DIR', group: 'toolHome', defaultFolder: '.local/share/fnm' },
  { name: 'ASDF_DATA_DIR', group: 'toolHome', defaultFolder: '.asdf' },
  { name: 'MISE_DATA_DIR', group: 'toolHome', defaultFolder: '.local/share/mise' },
  { name: 'SDKMAN_DIR', group: 'toolHome', defaultFolder: '.sdkman' },
  { name: 'BUN_INSTALL', group: 'toolHome', defaultFolder: '.bun' },
  ...listVariables('toolHome', ['RUSTUP_TOOLCHAIN', 'GOROOT', 'JAVA_HOME', 'ANDROID_HOME']),
  ...listVariables('registry', [
    'npm_config_registry',
    'PIP_INDEX_URL',
    'PIP_EXTRA_INDEX_URL',
    'UV_INDEX_URL',
    'GOPROXY',
    'GONOSUMDB',
    'GOPRIVATE',
    'GOFLAGS',
    'MAVEN_ARGS',
  ]),
];

/**
 * Configuration files of package managers, by the name that selects the file in the setting TOOL_CONFIG_FILES. Paths are relative to
 * HOME of the person. No file is selected by default, because the files may hold tokens, which agents could then read.
 */
export const CONFIG_FILES = {
  npm: '.npmrc',
  cargo: '.cargo/config.toml',
  pip: '.config/pip/pip.conf',
  maven: '.m2/settings.xml',
} as const;

/** Matches the variables that name the addresses of private cargo registries. Variables with their tokens do not match. */
export const CARGO_REGISTRY_VARIABLE = /^CARGO_REGISTRIES_[A-Z0-9_]+_(?:INDEX|PROTOCOL)$/;

/** Returns the variables of a tool environment that a program needs for its network. */
export function selectNetworkVariables(
  environment: Readonly<Record<string, string>>,
): Record<string, string> {
  const names = TOOL_VARIABLES.filter(({ group }) => group === 'network').map(({ name }) => name);
  return Object.fromEntries(Object.entries(environment).filter(([name]) => names.includes(name)));
}

/** Returns the variables of a bridge that carry a tool environment. The bridge itself gets the network variables. */
export function buildToolVariables(
  environment: Readonly<Record<string, string>>,
): Record<string, string> {
  const usesProxy = PROXY_VARIABLES.some((name) => environment[name]);
  return {
    ...selectNetworkVariables(environment),
    // Node.js reads the proxy variables only with this setting.
    ...(usesProxy ? { NODE_USE_ENV_PROXY: '1' } : {}),
    [BRIDGE_ENVIRONMENT.toolEnvironment]: JSON.stringify(environment),
  };
}
