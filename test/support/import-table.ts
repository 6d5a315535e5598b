// Who may import what. The first row that fits a file is its row; its own folder is always allowed. A file without a row is
// an error, so that a new adapter or a new top folder says here what it is for.

export type ImportRow = {
  /** A folder or a file, from the root of the project. */
  readonly path: string;
  readonly project: readonly string[] | 'all';
  /** `@scope/name` or `name`; types count too. */
  readonly packages: readonly string[] | 'all';
  readonly node: readonly string[] | 'all';
};

/** Bottom up: a layer may import its own and those before it. */
const CORE_LAYERS: readonly (readonly string[])[] = [
  ['core/base'],
  ['core/contract'],
  ['core/port'],
  ['core/topology', 'core/graph'],
  ['core/plan-state', 'core/task-state'],
  ['core/store'],
  ['core/access', 'core/planning', 'core/pull-text'],
  ['core/engine'],
];

/** Also run in a browser and beside an agent, so they know nothing but the contract. */
const SHARED_ROWS: readonly ImportRow[] = [
  { path: 'core/base', project: [], packages: [], node: [] },
  { path: 'core/contract', project: ['core/base'], packages: ['zod'], node: [] },
  { path: 'core/graph', project: ['core/base', 'core/contract'], packages: ['zod'], node: [] },
];

const coreRows = CORE_LAYERS.flatMap((layer, index) =>
  layer.map(
    (of): ImportRow => ({
      path: of,
      project: CORE_LAYERS.slice(0, index + 1).flat(),
      packages: ['zod', 'yaml'],
      node: ['node:crypto'],
    }),
  ),
);

/** Each with its SDK, and what it may know of the core beside ports, contract and errors. */
const adapterRows = [
  createAdapterRow(
    'dynamo',
    ['@aws-sdk/client-dynamodb', '@aws-sdk/lib-dynamodb'],
    'core/topology/table.ts',
  ),
  createAdapterRow('github', ['octokit']),
  createAdapterRow('host'),
  createAdapterRow('hosting'),
  createAdapterRow('jwt', ['jose']),
  createAdapterRow('log-file'),
  createAdapterRow('openai', ['openai']),
  createAdapterRow('password'),
  createAdapterRow('process'),
  createAdapterRow('sqs', ['@aws-sdk/client-sqs'], 'core/topology/queues.ts'),
  createAdapterRow('websocket', ['@aws-sdk/client-apigatewaymanagementapi']),
];

function createAdapterRow(
  name: string,
  sdk: readonly string[] = [],
  ...more: readonly string[]
): ImportRow {
  const project = ['core/base', 'core/contract', 'core/port', ...more];
  return { path: `adapters/${name}`, project, packages: [...sdk, 'zod'], node: 'all' };
}

export const IMPORT_TABLE: readonly ImportRow[] = [
  ...SHARED_ROWS,
  ...coreRows,
  ...adapterRows,
  {
    path: 'functions/deps',
    project: ['core', 'adapters', 'functions'],
    packages: [],
    node: ['node:crypto'],
  },
  {
    path: 'functions',
    project: ['core', 'package.json'],
    packages: ['aws-lambda', 'hono', 'zod'],
    node: ['node:crypto'],
  },
  {
    path: 'agent',
    project: ['core/base', 'core/contract', 'core/graph'],
    packages: ['@agentclientprotocol/sdk', 'zod'],
    node: 'all',
  },
  { path: 'cli', project: ['core/base', 'core/contract'], packages: ['yaml', 'zod'], node: 'all' },
  {
    path: 'local',
    project: ['core', 'adapters', 'functions', 'agent', 'cli', 'package.json'],
    packages: 'all',
    node: 'all',
  },
  { path: 'test', project: 'all', packages: 'all', node: 'all' },
  { path: 'bench', project: 'all', packages: 'all', node: 'all' },
  // What a function is to be told is the table that it reads.
  {
    path: 'stacks',
    project: ['core/base', 'core/topology', 'functions/config-sections.ts'],
    packages: ['aws-cdk-lib', 'esbuild', 'sst', 'zod'],
    node: 'all',
  },
  { path: 'sst.config.ts', project: ['stacks'], packages: [], node: [] },
  { path: 'vitest.config.ts', project: [], packages: ['vitest'], node: [] },
];

/** A test beside the code is held to its folder's row, and may use these as well. */
export const COLOCATED_TEST_IMPORTS = {
  project: ['test/support'],
  packages: ['fast-check', 'vitest'],
} as const;
