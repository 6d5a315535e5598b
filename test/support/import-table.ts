// Who may import what. The first row that fits a file is its row; its own folder is always allowed. A file without a row is
// an error, so that a new adapter or a new top folder says here what it is for.

export type ImportRow = {
  /** A folder or a file, from the root of the project. */
  readonly of: string;
  readonly project: readonly string[] | 'all';
  /** `@scope/name` or `name`; types count too. */
  readonly packages: readonly string[] | 'all';
  readonly node: readonly string[] | 'all';
};

/** Bottom up: a layer may import its own and those before it. */
const CORE_LAYERS: readonly (readonly string[])[] = [
  ['core/contract', 'core/error.ts'],
  ['core/port'],
  ['core/topology', 'core/graph'],
  ['core/lifecycle', 'core/task'],
  ['core/store'],
  ['core/access', 'core/live', 'core/plan'],
  ['core/merge'],
  ['core/engine'],
];

/** Also run in a browser and beside an agent, so they know nothing but the contract. */
const SHARED: readonly ImportRow[] = [
  { of: 'core/contract', project: [], packages: ['zod'], node: [] },
  { of: 'core/graph', project: ['core/contract'], packages: ['zod', 'picomatch'], node: [] },
];

const core = CORE_LAYERS.flatMap((layer, index) =>
  layer.map(
    (of): ImportRow => ({
      of,
      project: CORE_LAYERS.slice(0, index + 1).flat(),
      packages: ['zod', 'yaml', 'picomatch'],
      node: ['node:crypto'],
    }),
  ),
);

/** Each with its SDK, and what it may know of the core beside ports, contract and errors. */
const adapters = [
  adapter(
    'dynamo',
    ['@aws-sdk/client-dynamodb', '@aws-sdk/lib-dynamodb'],
    'core/topology/table.ts',
  ),
  adapter('github', ['octokit']),
  adapter('host'),
  adapter('hosting'),
  adapter('jwt', ['jose']),
  adapter('log-file'),
  adapter('openai', ['openai']),
  adapter('password'),
  adapter('process'),
  adapter('sqs', ['@aws-sdk/client-sqs'], 'core/topology/queues.ts'),
  adapter('websocket', ['@aws-sdk/client-apigatewaymanagementapi']),
];

function adapter(name: string, sdk: readonly string[] = [], ...more: readonly string[]): ImportRow {
  const project = ['core/contract', 'core/error.ts', 'core/port', ...more];
  return { of: `adapters/${name}`, project, packages: [...sdk, 'zod'], node: 'all' };
}

export const IMPORT_TABLE: readonly ImportRow[] = [
  ...SHARED,
  ...core,
  ...adapters,
  {
    of: 'functions/deps',
    project: ['core', 'adapters', 'functions'],
    packages: [],
    node: ['node:crypto'],
  },
  {
    of: 'functions',
    project: ['core', 'package.json'],
    packages: ['aws-lambda', 'hono', 'zod'],
    node: ['node:crypto'],
  },
  {
    of: 'agent',
    project: ['core/contract', 'core/graph'],
    packages: ['@agentclientprotocol/sdk', 'zod'],
    node: 'all',
  },
  { of: 'cli', project: ['core/contract'], packages: ['yaml', 'zod'], node: 'all' },
  {
    of: 'local',
    project: ['core', 'adapters', 'functions', 'agent', 'cli', 'package.json'],
    packages: 'all',
    node: 'all',
  },
  { of: 'test', project: 'all', packages: 'all', node: 'all' },
  { of: 'bench', project: 'all', packages: 'all', node: 'all' },
  // What a function is to be told is the table that it reads.
  {
    of: 'stacks',
    project: ['core/topology', 'functions/config-sections.ts'],
    packages: ['aws-cdk-lib', 'esbuild', 'sst', 'zod'],
    node: 'all',
  },
  { of: 'sst.config.ts', project: ['stacks'], packages: [], node: [] },
  { of: 'vitest.config.ts', project: [], packages: ['vitest'], node: [] },
];

/** A test beside the code is held to its folder's row, and may use these as well. */
export const BESIDE_CODE = {
  project: ['test/support'],
  packages: ['fast-check', 'vitest'],
} as const;
