import type { AgentStep } from './agent-script.ts';

// Traps for git in a repository or workspace. A trap makes an ordinary git run the program `evil`, which creates a marker file.

/** Trap for git; `evil` is the path of the program. */
export type Trap = {
  readonly name: string;
  /** Files of the repository at the start. */
  readonly files?: (evil: string) => Readonly<Record<string, string>>;
  /** Steps of the agent in its turn. */
  readonly steps?: (evil: string) => readonly AgentStep[];
  /** Environment of the bridge. */
  readonly env?: (evil: string) => Readonly<Record<string, string>>;
  /** Environment from the configuration of the repository, for set-up, verify and the agent. */
  readonly repositoryEnv?: (evil: string) => Readonly<Record<string, string>>;
  /** Arguments of a git command that springs the trap in an ordinary git. Absent: no git command runs `evil`. */
  readonly triggerCommand?: readonly string[];
  /** Environment for `triggerCommand`. */
  readonly triggerEnv?: (evil: string) => Readonly<Record<string, string>>;
  /** Paths that the attempt commits, in addition to login.txt. */
  readonly changed?: readonly string[];
};

const HOOK_NAMES = [
  'applypatch-msg',
  'pre-commit',
  'prepare-commit-msg',
  'commit-msg',
  'post-commit',
  'pre-push',
  'pre-rebase',
  'post-checkout',
  'post-merge',
  'post-index-change',
  'reference-transaction',
  'fsmonitor-watchman',
];

function createConfigSteps(renderConfig: (evil: string) => string) {
  return (evil: string): AgentStep[] => [
    { write: '.git/config', content: `${BASE_CONFIG}${renderConfig(evil)}\n` },
  ];
}

const BASE_CONFIG = '[core]\n\trepositoryformatversion = 0\n\tbare = false\n';
const renderFilterConfig = (evil: string) =>
  `[filter "evil"]\n\tclean = ${evil}\n\tsmudge = ${evil}\n\trequired = true\n[diff "evil"]\n\tcommand = ${evil}\n\ttextconv = ${evil}\n[merge "evil"]\n\tdriver = ${evil}`;
const EVIL_ATTRIBUTES = '* filter=evil diff=evil merge=evil\n';
/** Returns steps that create a repository in the home of the agent and remove the repository of the workspace. */
const createOtherRepositorySteps = (evil: string): AgentStep[] => [
  { run: ['git', 'init', '--quiet', '../home/elsewhere'] },
  {
    write: '../home/elsewhere/.git/config',
    content: `${BASE_CONFIG}\tfsmonitor = ${evil}\n\tworktree = ../../../workspace\n`,
  },
  { remove: '.git' },
];

export const TRAPS: readonly Trap[] = [
  {
    name: 'hooks',
    steps: (evil) =>
      HOOK_NAMES.flatMap((hook): AgentStep[] => [
        { write: `.git/hooks/${hook}`, content: `#!/bin/sh\nexec ${evil}\n` },
        { run: ['chmod', '+x', `.git/hooks/${hook}`] },
      ]),
    triggerCommand: ['commit', '--allow-empty', '-m', 'x'],
  },
  {
    name: 'hooks in tracked files, enabled by the configuration',
    files: (evil) => ({ 'hooks/pre-commit': `#!/bin/sh\nexec ${evil}\n` }),
    steps: (evil) => [
      ...createConfigSteps(() => '\thooksPath = hooks')(evil),
      { run: ['chmod', '+x', 'hooks/pre-commit'] },
    ],
    triggerCommand: ['commit', '--allow-empty', '-m', 'x'],
    changed: ['hooks/pre-commit'],
  },
  {
    name: 'a file system monitor',
    steps: createConfigSteps((evil) => `\tfsmonitor = ${evil}`),
    triggerCommand: ['status'],
  },
  {
    name: 'configuration that includes a file of the repository',
    files: (evil) => ({ 'more.inc': `[core]\n\tfsmonitor = ${evil}\n` }),
    steps: createConfigSteps(() => '[include]\n\tpath = ../more.inc'),
    triggerCommand: ['status'],
  },
  {
    name: 'configuration with a conditional include',
    steps: (evil) => [
      { write: '.git/more.inc', content: `[core]\n\tfsmonitor = ${evil}\n` },
      ...createConfigSteps(() => '[includeIf "gitdir:/"]\n\tpath = more.inc')(evil),
    ],
    triggerCommand: ['status'],
  },
  {
    name: 'filters named by the attributes of the repository',
    files: () => ({ '.gitattributes': EVIL_ATTRIBUTES }),
    steps: createConfigSteps(renderFilterConfig),
    triggerCommand: ['add', '--renormalize', '.'],
  },
  {
    name: 'filters named by attributes that the agent wrote',
    steps: (evil) => [
      ...createConfigSteps(renderFilterConfig)(evil),
      { write: '.gitattributes', content: EVIL_ATTRIBUTES },
      { write: '.git/info/attributes', content: EVIL_ATTRIBUTES },
    ],
    triggerCommand: ['add', '--renormalize', '.'],
    changed: ['.gitattributes'],
  },
  {
    name: 'a long-running filter process',
    files: () => ({ '.gitattributes': '* filter=evil\n' }),
    steps: createConfigSteps((evil) => `[filter "evil"]\n\tprocess = ${evil}\n\trequired = true`),
    triggerCommand: ['add', '--renormalize', '.'],
  },
  {
    name: 'external diff programs',
    files: () => ({ '.gitattributes': '* diff=evil\n' }),
    steps: createConfigSteps(
      (evil) => `[diff "evil"]\n\ttextconv = ${evil}\n[diff]\n\texternal = ${evil}`,
    ),
    triggerCommand: ['show', 'HEAD'],
  },
  {
    name: 'programs for the connection to the forge',
    steps: createConfigSteps(
      (evil) =>
        `\tsshCommand = ${evil}\n\tgitProxy = ${evil}\n\taskPass = ${evil}\n[credential]\n\thelper = ${evil}\n[remote "origin"]\n\turl = ssh://nowhere.invalid/x\n\tuploadpack = ${evil}\n[url "ssh://nowhere.invalid/"]\n\tinsteadOf = http\n\tpushInsteadOf = http`,
    ),
    triggerCommand: ['fetch', 'origin'],
  },
  {
    name: 'pager, editor, signing program and alias',
    steps: createConfigSteps(
      (evil) =>
        `\tpager = ${evil}\n\teditor = ${evil}\n[sequence]\n\teditor = ${evil}\n[gpg]\n\tprogram = ${evil}\n[commit]\n\tgpgSign = true\n[alias]\n\twrite-tree = !${evil}`,
    ),
    triggerCommand: ['commit', '--allow-empty', '-m', 'x'],
  },
  {
    name: 'a .git file that points to another repository',
    steps: (evil) => [
      ...createOtherRepositorySteps(evil),
      { write: '.git', content: 'gitdir: ../home/elsewhere/.git\n' },
    ],
    triggerCommand: ['status'],
  },
  {
    name: 'a .git link to another repository',
    steps: (evil) => [
      ...createOtherRepositorySteps(evil),
      { run: ['ln', '-s', '../home/elsewhere/.git', '.git'] },
    ],
    triggerCommand: ['status'],
  },
  {
    name: 'objects borrowed from another store',
    steps: () => [
      { run: ['git', 'init', '--quiet', '--bare', '../home/store'] },
      { write: '.git/objects/info/alternates', content: '../../../home/store/objects\n' },
      { write: '.git/objects/info/http-alternates', content: 'http://nowhere.invalid/\n' },
    ],
  },
  {
    name: 'submodules with URLs that run programs',
    files: (evil) => ({
      '.gitmodules': `[submodule "a"]\n\tpath = a\n\turl = ext::${evil}\n\tupdate = !${evil}\n[submodule "b"]\n\tpath = b\n\turl = --upload-pack=${evil}\n[submodule "../../c"]\n\tpath = c\n\turl = file:///etc\n`,
    }),
  },
  {
    name: 'a repository inside the workspace',
    steps: (evil) => [
      { run: ['git', 'init', '--quiet', 'inner'] },
      { write: 'inner/file', content: 'x' },
      { write: 'inner/.git/config', content: `${BASE_CONFIG}\tfsmonitor = ${evil}\n` },
    ],
    triggerCommand: ['-C', 'inner', 'status'],
    changed: ['inner/file'],
  },
  {
    name: 'files that set an environment',
    files: (evil) => ({
      '.env': `SMOL_API_URL=http://127.0.0.1:1\nGIT_SSH_COMMAND=${evil}\nNODE_OPTIONS=--require=${evil}\n`,
      '.envrc': `${evil}\n`,
      '.npmrc': 'script-shell=./evil\n',
      '.git-blame-ignore-revs': 'x\n',
    }),
    steps: (evil) => [
      {
        write: '../home/.gitconfig',
        content: `[core]\n\tfsmonitor = ${evil}\n[url "http://127.0.0.1:1/"]\n\tinsteadOf = http://\n`,
      },
      { write: '../home/git/config', content: `[core]\n\tfsmonitor = ${evil}\n` },
      { write: '../home/.netrc', content: 'default login a password b\n' },
      { write: '../home/.profile', content: `${evil}\n` },
      { write: '../home/.bashrc', content: `${evil}\n` },
    ],
    triggerCommand: ['status'],
    triggerEnv: () => ({ GIT_CONFIG_GLOBAL: '../home/.gitconfig' }),
  },
  {
    name: 'git variables in the environment of the bridge',
    env: (evil) => createGitVariables(evil),
    triggerCommand: ['status'],
    triggerEnv: (evil) => createGitVariables(evil),
  },
  {
    name: 'git variables in the configuration of the repository',
    repositoryEnv: (evil) => ({
      ...createGitVariables(evil),
      GIT_SSH_COMMAND: evil,
      BASH_ENV: evil,
    }),
    triggerCommand: ['status'],
    triggerEnv: (evil) => createGitVariables(evil),
  },
  {
    name: 'files with names like options and commands',
    files: () => ({
      '--output=pwned': 'x\n',
      '-rf': 'x\n',
      '$(touch pwned)': 'x\n',
      ':(exclude)*': 'x\n',
    }),
    steps: () => [
      { write: '--output=pwned', content: 'y\n' },
      { write: '-rf', content: 'y\n' },
      { write: '$(touch pwned)', content: 'y\n' },
      { write: ':(exclude)*', content: 'y\n' },
      { write: '--upload-pack=touch pwned', content: 'y\n' },
      { write: '`touch pwned`\nsecond line', content: 'y\n' },
      // Git refuses this name, because other file systems treat the name like .git.
      { write: '.git /config', content: 'y\n' },
    ],
    changed: [
      '$(touch pwned)',
      '--output=pwned',
      '--upload-pack=touch pwned',
      '-rf',
      ':(exclude)*',
      '`touch pwned`\nsecond line',
    ],
  },
];

function createGitVariables(evil: string): Record<string, string> {
  return {
    GIT_CONFIG_COUNT: '2',
    GIT_CONFIG_KEY_0: 'core.fsmonitor',
    GIT_CONFIG_VALUE_0: evil,
    GIT_CONFIG_KEY_1: 'core.hooksPath',
    GIT_CONFIG_VALUE_1: '/nowhere',
    GIT_CONFIG_PARAMETERS: `'core.fsmonitor=${evil}'`,
    GIT_EXTERNAL_DIFF: evil,
    GIT_ASKPASS: evil,
    GIT_TRACE: '1',
  };
}
