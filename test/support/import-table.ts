// Allowed imports of each folder. The first row whose path contains a file applies to the file; imports within this path are always
// allowed. A file without a row is an error, so that each new adapter or top-level folder must be added here.

/** Allowed imports of a folder or file. */
export type ImportRow = {
  /** Folder or file, relative to the root of the project. */
  readonly path: string;
  /** Files and folders of the project. */
  readonly project: readonly string[] | 'all';
  /** Names of npm packages; imports of types count too. */
  readonly packages: readonly string[] | 'all';
  /** Modules of Node, such as `node:crypto`. */
  readonly node: readonly string[] | 'all';
};

/** Layers from bottom to top: a layer may import from itself and from lower layers. */
const CORE_LAYERS: readonly (readonly string[])[] = [
  ['core/base'],
  ['core/chat', 'core/contract'],
  ['core/port'],
  ['core/topology', 'core/graph'],
  ['core/plan-state', 'core/task-state'],
  ['core/store'],
  ['core/access', 'core/planning', 'core/pull-text'],
  ['core/engine'],
];

/** Folders whose code also runs in a browser and beside an agent, and which therefore may import almost nothing. */
const SHARED_ROWS: readonly ImportRow[] = [
  { path: 'core/base', project: [], packages: [], node: [] },
  { path: 'core/chat', project: ['core/base'], packages: [], node: [] },
  { path: 'core/contract', project: ['core/base'], packages: ['zod'], node: [] },
  { path: 'core/graph', project: ['core/base', 'core/contract'], packages: ['zod'], node: [] },
];

const coreRows = CORE_LAYERS.flatMap((layer, index) =>
  layer.map(
    (path): ImportRow => ({
      path,
      project: CORE_LAYERS.slice(0, index + 1).flat(),
      packages: ['zod', 'yaml'],
      node: ['node:crypto'],
    }),
  ),
);

/** Adapters, each with its SDK and the paths that it may import in addition to core/base, core/contract and core/port. */
const adapterRows = [
  createAdapterRow('aws'),
  createAdapterRow(
    'dynamo',
    ['@aws-sdk/client-dynamodb', '@aws-sdk/lib-dynamodb'],
    'adapters/aws',
    'adapters/table',
    'core/topology/table.ts',
  ),
  createAdapterRow('github', ['octokit']),
  createAdapterRow('host'),
  createAdapterRow('jwt', ['jose']),
  createAdapterRow('log-file'),
  createAdapterRow('openai', ['openai'], 'core/chat'),
  createAdapterRow('password'),
  createAdapterRow('process'),
  createAdapterRow('queue'),
  createAdapterRow('repository-linker'),
  createAdapterRow('sqlite', [], 'adapters/table', 'adapters/queue', 'core/topology'),
  createAdapterRow(
    'sqs',
    ['@aws-sdk/client-sqs'],
    'adapters/aws',
    'adapters/queue',
    'core/topology/queues.ts',
  ),
  createAdapterRow('table', [], 'core/topology/table.ts'),
  createAdapterRow('websocket', ['@aws-sdk/client-apigatewaymanagementapi'], 'adapters/aws'),
];

function createAdapterRow(
  name: string,
  sdk: readonly string[] = [],
  ...additionalPaths: readonly string[]
): ImportRow {
  const project = ['core/base', 'core/contract', 'core/port', ...additionalPaths];
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
    project: ['core/base', 'core/chat', 'core/contract', 'core/graph'],
    packages: ['@agentclientprotocol/sdk', 'zod'],
    node: 'all',
  },
  {
    path: 'cli',
    project: ['core/base', 'core/contract', 'package.json'],
    packages: ['yaml', 'zod'],
    node: 'all',
  },
  { path: 'local/forge/rules', project: ['core/port'], packages: [], node: [] },
  // The emulator must not share code with the adapter that it tests.
  {
    path: 'local/forge',
    project: ['core/base', 'core/contract', 'core/port'],
    packages: 'all',
    node: 'all',
  },
  {
    path: 'local',
    project: ['core', 'adapters', 'functions', 'agent', 'cli', 'package.json'],
    packages: 'all',
    node: 'all',
  },
  { path: 'test', project: 'all', packages: 'all', node: 'all' },
  { path: 'bench', project: 'all', packages: 'all', node: 'all' },
  // The stacks derive the environment of each function from the configuration that the function reads.
  {
    path: 'stacks',
    project: ['core/base', 'core/topology', 'functions/config-sections.ts'],
    packages: ['aws-cdk-lib', 'esbuild', 'sst', 'zod'],
    node: 'all',
  },
  { path: 'sst.config.ts', project: ['stacks'], packages: [], node: [] },
  { path: 'vitest.config.ts', project: [], packages: ['vitest'], node: [] },
];

/** Imports that a test beside the code may use in addition to the row of its folder. */
export const COLOCATED_TEST_IMPORTS = {
  project: ['test/support'],
  packages: ['fast-check', 'vitest'],
} as const;
