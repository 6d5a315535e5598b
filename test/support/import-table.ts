// Allowed imports. The first row that matches a file applies; imports within the row's folder are always allowed. A file
// without a row is an error, so that each new adapter or top-level folder is declared here.

/** Allowed imports of a folder or file. */
export type ImportRow = {
  /** Folder or file, relative to the root of the project. */
  readonly path: string;
  readonly project: readonly string[] | 'all';
  /** Names such as `@scope/name` or `name`; imports of types count too. */
  readonly packages: readonly string[] | 'all';
  readonly node: readonly string[] | 'all';
};

/** Layers from bottom to top: a layer may import itself and the layers before it. */
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

/** Folders that also run in a browser and next to an agent, and therefore depend only on the contract. */
const SHARED_ROWS: readonly ImportRow[] = [
  { path: 'core/base', project: [], packages: [], node: [] },
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

/** Adapters, each with its SDK and the core files that it may import besides ports, contract and base. */
const adapterRows = [
  createAdapterRow('aws'),
  createAdapterRow(
    'dynamo',
    ['@aws-sdk/client-dynamodb', '@aws-sdk/lib-dynamodb'],
    'adapters/aws',
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
  createAdapterRow('sqs', ['@aws-sdk/client-sqs'], 'adapters/aws', 'core/topology/queues.ts'),
  createAdapterRow('websocket', ['@aws-sdk/client-apigatewaymanagementapi'], 'adapters/aws'),
];

function createAdapterRow(
  name: string,
  sdk: readonly string[] = [],
  ...coreFiles: readonly string[]
): ImportRow {
  const project = ['core/base', 'core/contract', 'core/port', ...coreFiles];
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
  // The stacks set the environment of each function from the table the function reads.
  {
    path: 'stacks',
    project: ['core/base', 'core/topology', 'functions/config-sections.ts'],
    packages: ['aws-cdk-lib', 'esbuild', 'sst', 'zod'],
    node: 'all',
  },
  { path: 'sst.config.ts', project: ['stacks'], packages: [], node: [] },
  { path: 'vitest.config.ts', project: [], packages: ['vitest'], node: [] },
];

/** Additional imports of a test next to the code, which otherwise follows the row of its folder. */
export const COLOCATED_TEST_IMPORTS = {
  project: ['test/support'],
  packages: ['fast-check', 'vitest'],
} as const;
