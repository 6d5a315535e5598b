/** The layers of a folder. */
export type LayerOrder = {
  /** Path of the folder from the root of the project; empty for the root itself. */
  readonly parent: string;
  /** Names of the folders and files in each layer, from bottom to top. A layer may import from itself and from lower layers. */
  readonly layers: readonly (readonly string[])[];
};

/** Layers of the project. An entry lists all files and folders in its parent; a folder without an entry has no layers. */
export const LAYER_ORDERS: readonly LayerOrder[] = [
  {
    parent: '',
    layers: [
      ['package.json'],
      ['core'],
      ['adapters', 'agent', 'cli'],
      ['functions'],
      ['stacks', 'sst.config.ts'],
      ['local'],
      ['test', 'bench', 'vitest.config.ts'],
    ],
  },
  {
    parent: 'core',
    layers: [
      ['base'],
      ['chat', 'contract'],
      ['port'],
      ['topology', 'graph'],
      ['plan-state', 'task-state'],
      ['store'],
      ['access', 'planning', 'pull-text'],
      ['engine'],
    ],
  },
  {
    parent: 'core/engine',
    layers: [
      ['engine-deps.ts', 'map-in-parallel.ts'],
      ['announce-changes.ts'],
      ['apply'],
      ['base-check'],
      ['revision'],
      ['pull'],
      ['launch'],
      ['attempt'],
      ['schedule'],
      ['merge-queue'],
      ['planning'],
      ['plan'],
      ['task'],
      ['command'],
      ['view'],
      ['resync'],
      ['handle-reconcile-message.ts'],
    ],
  },
  {
    parent: 'agent/bridge',
    layers: [
      ['attempt-error.ts'],
      ['host'],
      ['control', 'git', 'model'],
      ['acp'],
      ['attempt'],
      ['run-attempt.ts'],
      ['main.ts'],
    ],
  },
];
