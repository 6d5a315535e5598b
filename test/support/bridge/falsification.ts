import type { AgentStep } from './agent-script.ts';

// Ways in which an agent makes verify commands pass although they fail in a clone of its commit, by intent or by accident.

/** Paths that a falsification needs. */
export type FalsificationPaths = {
  /** Folder outside the folder of the attempt. */
  readonly outside: string;
  /** Folder of the attempt. */
  readonly attempt: string;
};

/** Attempt to falsify verification. The commit of the agent contains `no` in login.txt. */
export type Falsification = {
  readonly name: string;
  /** Files of the repository at the start. */
  readonly files?: Readonly<Record<string, string>>;
  readonly setup?: readonly (readonly string[])[];
  readonly verify: readonly string[];
  /** Steps in the first turn of the agent, after the commit was prepared. */
  readonly steps: (paths: FalsificationPaths) => readonly AgentStep[];
  /** Steps in the second turn, after the first verification has failed. */
  readonly laterSteps?: (paths: FalsificationPaths) => readonly AgentStep[];
};

const CHECK_LOGIN = ['grep', '-q', 'yes', 'login.txt'] as const;
const REQUIRE_UNDECLARED = ['node', '-e', "require('undeclared')"] as const;

function runScript(script: string, ...args: string[]): AgentStep {
  return { run: ['sh', '-c', script, 'sh', ...args] };
}

/** Writes a file below HOME of the agent; the shell expands `path`. */
function writeHome(path: string, content: string): AgentStep {
  const script = 'mkdir -p "$(dirname "$HOME/$1")" && printf %s "$2" > "$HOME/$1"';
  return runScript(script, path, content);
}

/** Shell loop that writes `yes` into every login.txt of a verification. */
function renderEditLoop(attempt: string): string {
  return `while :; do for file in ${attempt}/v*/*/login.txt ${attempt}/v*/*/*/login.txt; do test -e "$file" && echo yes > "$file"; done; sleep 0.02; done`;
}

/** Program that replaces the content of the loose object of `no` by `yes`. */
const REPLACE_OBJECT = `
const { createHash } = require('node:crypto');
const { rmSync, writeFileSync } = require('node:fs');
const { deflateSync } = require('node:zlib');
const id = createHash('sha1').update('blob 3\\0no\\n').digest('hex');
const path = '../git/objects/' + id.slice(0, 2) + '/' + id.slice(2);
rmSync(path);
writeFileSync(path, deflateSync('blob 4\\0yes\\n'));`;

const HOME_FALSIFICATIONS: readonly Falsification[] = [
  {
    name: 'an npm configuration in HOME that replaces the shell of scripts',
    files: { 'package.json': '{"scripts":{"test":"grep -q yes login.txt"}}\n' },
    verify: ['npm', 'test', '--silent'],
    steps: () => [writeHome('.npmrc', 'script-shell=/bin/true\n')],
  },
  {
    name: 'a Node.js module in HOME',
    verify: REQUIRE_UNDECLARED,
    steps: () => [writeHome('.node_modules/undeclared/index.js', '')],
  },
  {
    name: 'a profile in HOME that redefines a command',
    verify: ['sh', '-lc', CHECK_LOGIN.join(' ')],
    steps: () => [writeHome('.profile', 'grep() { true; }\n')],
  },
  {
    name: 'a git alias in HOME',
    verify: ['git', 'verify-login'],
    steps: () => [writeHome('.gitconfig', '[alias]\n\tverify-login = !true\n')],
  },
  {
    name: 'a Python package installed for the user',
    verify: ['python3', '-c', 'import undeclared'],
    steps: () => [
      runScript(
        'folder=$(python3 -m site --user-site); mkdir -p "$folder" && : > "$folder/undeclared.py"',
      ),
    ],
  },
  {
    name: 'a program installed globally by npm into HOME',
    verify: ['sh', '-c', '"$(npm prefix --global)/bin/undeclared"'],
    steps: () => [
      runScript('echo "prefix=$HOME/global" > "$HOME/.npmrc"; mkdir -p "$HOME/global/bin"'),
      runScript('cp /bin/true "$HOME/global/bin/undeclared"'),
    ],
  },
  {
    name: 'a Cargo configuration in HOME',
    verify: ['sh', '-c', 'grep -q rustflags "$HOME/.cargo/config.toml"'],
    steps: () => [writeHome('.cargo/config.toml', '[build]\nrustflags = []\n')],
  },
  {
    name: 'a Go environment written with go env -w',
    verify: ['sh', '-c', 'grep -q GOFLAGS "$HOME/.config/go/env"'],
    steps: () => [writeHome('.config/go/env', 'GOFLAGS=-mod=mod\n')],
  },
  {
    name: 'a poisoned package cache in HOME',
    setup: [['sh', '-c', 'cp "$HOME/.cache/package" package.txt || echo no > package.txt']],
    verify: ['grep', '-q', 'yes', 'package.txt'],
    steps: () => [writeHome('.cache/package', 'yes\n')],
  },
];

const PLACE_FALSIFICATIONS: readonly Falsification[] = [
  {
    name: 'a file in TMPDIR',
    verify: ['sh', '-c', 'test -e "$TMPDIR/passed"'],
    steps: () => [runScript(': > "$TMPDIR/passed"')],
  },
  {
    name: 'a Node.js module in the parent folder of the workspace',
    verify: REQUIRE_UNDECLARED,
    steps: () => [{ write: '../node_modules/undeclared/index.js', content: '' }],
  },
  {
    name: 'a Node.js module above the folder of the attempt',
    verify: REQUIRE_UNDECLARED,
    steps: () => [{ write: '../../node_modules/undeclared/index.js', content: '' }],
  },
  {
    name: 'a module in the prepared parent folder of the verification',
    verify: REQUIRE_UNDECLARED,
    steps: () => [{ write: '../v/node_modules/undeclared/index.js', content: '' }],
  },
];

const PROCESS_FALSIFICATIONS: readonly Falsification[] = [
  {
    name: 'a background process that edits the checkout',
    verify: CHECK_LOGIN,
    steps: ({ attempt }) => [runScript('sh -c "$1" > /dev/null 2>&1 &', renderEditLoop(attempt))],
  },
  {
    name: 'a process in a session of its own, without environment, that edits the checkout',
    verify: CHECK_LOGIN,
    steps: ({ attempt }) => [
      runScript('cd /; env -i setsid sh -c "$1" > /dev/null 2>&1 &', renderEditLoop(attempt)),
    ],
  },
  {
    name: 'a loop in a script outside the attempt that waits for the checkout',
    verify: CHECK_LOGIN,
    steps: ({ attempt, outside }) => [
      { write: `${outside}/loop.sh`, content: `${renderEditLoop(attempt)}\n` },
      runScript('cd /; env -i setsid sh "$1/loop.sh" > /dev/null 2>&1 &', outside),
    ],
  },
];

const REPOSITORY_FALSIFICATIONS: readonly Falsification[] = [
  {
    name: 'an object of the repository with another content than its id says',
    verify: CHECK_LOGIN,
    steps: () => [],
    laterSteps: () => [{ run: ['node', '-e', REPLACE_OBJECT] }],
  },
  {
    name: 'a filter in the settings of the repository of the bridge',
    verify: CHECK_LOGIN,
    steps: () => [
      runScript(
        'printf "[filter \\"x\\"]\\n\\tsmudge = sed s/no/yes/\\n\\tclean = cat\\n" >> ../git/config',
      ),
      runScript('echo "* filter=x" > ../git/info/attributes'),
    ],
  },
];

/** All known ways to falsify verification. */
export const FALSIFICATIONS: readonly Falsification[] = [
  ...HOME_FALSIFICATIONS,
  ...PLACE_FALSIFICATIONS,
  ...PROCESS_FALSIFICATIONS,
  ...REPOSITORY_FALSIFICATIONS,
];
