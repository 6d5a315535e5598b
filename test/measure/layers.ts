/** The order of the folders and files directly in one folder. */
export type Layering = {
  /** Path from the root of the project; empty for the root itself. */
  readonly parent: string;
  /** Bottom to top. A layer may import itself and the layers before it; a name is a folder or a file. */
  readonly layers: readonly (readonly string[])[];
};

/** Layers of the project. A folder without a row is free inside; a row lists every name in its folder. */
export const LAYERINGS: readonly Layering[] = [
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
      ['contract'],
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
      ['announce'],
      ['apply'],
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
