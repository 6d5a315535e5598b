import { spawnSync } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { describe, expect, test } from 'vitest';
import { BRIDGE_ENVIRONMENT } from '../../../core/contract/bridge.ts';
import type { Isolation } from '../../../core/contract/isolation.ts';
import { NAMESPACE_COMMANDS } from '../../../core/contract/isolation.ts';
import type { BridgeFixture } from '../../support/bridge/bridge-fixture.ts';
import {
  ATTEMPT_BRANCH,
  isProcessRunning,
  requireDoneResult,
  requireFailedResult,
  setUpBridgeFixture,
} from '../../support/bridge/bridge-fixture.ts';
import type { Falsification } from '../../support/bridge/falsification.ts';
import { FALSIFICATIONS } from '../../support/bridge/falsification.ts';
import { makeTemporaryDirectory, runGit } from '../../support/workspace/git.ts';

// Compares the evidence of an attempt with the result of the same commands in a clone of the delivered branch.

async function setUp(
  { onTestFinished }: TestContext,
  files: Readonly<Record<string, string>> = {},
): Promise<BridgeFixture> {
  const fixture = await setUpBridgeFixture({ 'README.md': 'sample\n', ...files });
  onTestFinished(() => fixture.close());
  return fixture;
}

/** Runs set-up and verify of the assignment in a clone of the branch of the attempt. Returns whether all commands succeed. */
async function verifyClone(
  { onTestFinished }: TestContext,
  fixture: BridgeFixture,
): Promise<boolean> {
  const { setup, verify, env } = fixture.assignment;
  const { path: folder, remove } = await makeTemporaryDirectory('smol-clone');
  onTestFinished(remove);
  const variables = { HOME: join(folder, 'home'), TMPDIR: join(folder, 'tmp') };
  for (const path of Object.values(variables)) await mkdir(path, { recursive: true });
  const cwd = join(folder, 'src');
  const clone = ['clone', '--quiet', '--branch', ATTEMPT_BRANCH, fixture.remote.directory, cwd];
  await runGit(folder, clone);
  return [...setup, ...verify].every(([file = '', ...args]) => {
    const options = { cwd, env: { PATH: process.env.PATH, ...env, ...variables } };
    return spawnSync(file, args, options).status === 0;
  });
}

async function runFalsification(
  context: TestContext,
  falsification: Falsification,
  isolation: Isolation,
): Promise<BridgeFixture> {
  const fixture = await setUp(context, falsification.files);
  fixture.assignment.setup = (falsification.setup ?? []).map((command) => [...command]);
  fixture.assignment.verify = [[...falsification.verify]];
  const outside = join(fixture.directory, 'outside');
  await mkdir(outside);
  const paths = { outside, attempt: fixture.workDir };
  const turns = [
    [{ write: 'login.txt', content: 'no\n' }, ...falsification.steps(paths)],
    ...(falsification.laterSteps ? [[...falsification.laterSteps(paths)]] : []),
    // The agent gives up as soon as a verification has failed.
    [{ text: 'CANNOT: the verification is red' }],
  ];
  const bridge = await fixture.startBridge(turns, { [BRIDGE_ENVIRONMENT.isolation]: isolation });
  await bridge.ended;
  return fixture;
}

/** Whether this system lets a process create a process namespace. */
const HAS_NAMESPACES = NAMESPACE_COMMANDS.some(({ create: [program = '', ...options] }) => {
  return spawnSync(program, [...options, 'true']).status === 0;
});

for (const isolation of ['namespaces', 'processes'] as const) {
  const isSkipped = isolation === 'namespaces' && !HAS_NAMESPACES;
  describe.skipIf(isSkipped)(`with ${isolation}, an agent cannot falsify verification by`, () => {
    test.concurrent.for(FALSIFICATIONS)(
      '$name',
      { timeout: 180_000 },
      async (falsification, context) => {
        const fixture = await runFalsification(context, falsification, isolation);

        expect(requireFailedResult(fixture).reason).toMatch(
          /gave up|appeared outside the workspace|was changed from outside/,
        );
        expect(await verifyClone(context, fixture)).toBe(false);
      },
    );
  });
}

test.skipIf(!HAS_NAMESPACES)(
  'in a namespace, no process of the agent survives, and set-up may start a service for the verify commands',
  async (context) => {
    const fixture = await setUp(context);
    const service = 'i=0; while sleep 0.05; do i=$((i + 1)); echo $i > "$HOME/alive"; done';
    fixture.assignment.setup = [
      ['sh', '-c', 'setsid sh -c "$1" > /dev/null 2>&1 &', 'sh', service],
    ];
    fixture.assignment.verify = [
      ['sh', '-c', 'sleep 0.5; test -s "$HOME/alive"'],
      ['sh', '-c', '! grep -l "hidden-loo[p]" /proc/[0-9]*/cmdline | grep -v self'],
    ];

    const bridge = await fixture.startBridge(
      [
        [
          { write: 'login.txt', content: 'yes\n' },
          {
            run: [
              'sh',
              '-c',
              'cd /; env -i setsid sh -c "while sleep 1; do : hidden-loop; done" > /dev/null 2>&1 &',
            ],
          },
        ],
      ],
      { [BRIDGE_ENVIRONMENT.isolation]: 'auto' },
    );
    await bridge.ended;

    expect(requireDoneResult(fixture).evidence.isolation).toBe('namespaces');
    const commandLines = spawnSync('ps', ['-axo', 'args']).stdout.toString();
    expect(commandLines).not.toContain('hidden-loop');
  },
);

test('a setting that requires namespaces fails the attempt on a system without namespaces', async (context) => {
  const fixture = await setUp(context);
  const folder = join(fixture.directory, 'bin');
  await mkdir(folder);
  for (const program of ['git', 'sh', 'grep', 'true'])
    await symlink(`/usr/bin/${program}`, join(folder, program));

  const bridge = await fixture.startBridge([[]], {
    [BRIDGE_ENVIRONMENT.isolation]: 'namespaces',
    [BRIDGE_ENVIRONMENT.programPath]: folder,
  });
  await bridge.ended;

  expect(requireFailedResult(fixture)).toMatchObject({
    cause: 'setup',
    reason: expect.stringContaining('isolation_missing'),
  });
});

test('evidence without namespaces names the weaker isolation', async (context) => {
  const fixture = await setUp(context);

  const bridge = await fixture.startBridge([[{ write: 'login.txt', content: 'yes\n' }]]);
  await bridge.ended;

  expect(requireDoneResult(fixture).evidence.isolation).toBe('processes');
});

test('files above the folder of the attempt that the agent created are named in the failure', async (context) => {
  const fixture = await setUp(context);

  const bridge = await fixture.startBridge([
    [
      { write: 'login.txt', content: 'yes\n' },
      { write: '../../package.json', content: '{}' },
    ],
  ]);
  await bridge.ended;

  const { cause, reason } = requireFailedResult(fixture);
  expect(cause).toBe('agent');
  expect(reason).toContain(join(fixture.directory, 'package.json'));
});

test('set-up runs again for the verification, in a fresh HOME and TMPDIR', async (context) => {
  const fixture = await setUp(context);
  fixture.assignment.setup = [['sh', '-c', 'date > "$HOME/installed"; date > "$TMPDIR/installed"']];
  fixture.assignment.verify = [
    [
      'sh',
      '-c',
      'test "$(ls -A "$HOME" "$TMPDIR" | grep -vc ":$")" -le 3 && cat "$HOME/installed"',
    ],
  ];

  const bridge = await fixture.startBridge([
    [
      { write: 'login.txt', content: 'yes\n' },
      { run: ['sh', '-c', 'touch "$HOME/a" "$HOME/b" "$TMPDIR/a" "$TMPDIR/b"'] },
    ],
  ]);
  await bridge.ended;

  const { evidence } = requireDoneResult(fixture);
  expect(evidence.tree).toBe(
    await runGit(fixture.remote.directory, ['rev-parse', `${ATTEMPT_BRANCH}^{tree}`]),
  );
  expect(await verifyClone(context, fixture)).toBe(true);
});

test('a committed file that the verify commands change is flagged, and the evidence stays green', async (context) => {
  const fixture = await setUp(context, { 'count.txt': '0\n' });
  fixture.assignment.verify = [
    ['grep', '-q', 'yes', 'login.txt'],
    ['sh', '-c', 'echo 1 > count.txt'],
  ];

  const bridge = await fixture.startBridge([[{ write: 'login.txt', content: 'yes\n' }]]);
  await bridge.ended;

  const result = requireDoneResult(fixture);
  expect(result.changed).toEqual(['login.txt']);
  expect(result.flagged).toContainEqual({
    path: 'count.txt',
    why: 'changed while the verify commands ran, in two runs',
    kind: 'changed_during_verify',
  });
});

test('a daemon that verify commands leave and that writes into the checkout does not spoil the result', async (context) => {
  const fixture = await setUp(context);
  const daemon = 'i=0; while mkdir -p out && : > "out/$i"; do i=$((i + 1)); done';
  const script = 'setsid sh -c "$1" > /dev/null 2>&1 & echo $! > "$GATE"; sleep 0.2';
  fixture.assignment.env.GATE = join(fixture.directory, 'daemon.pid');
  fixture.assignment.verify = [['sh', '-c', script, 'sh', daemon]];

  const bridge = await fixture.startBridge([[{ write: 'login.txt', content: 'yes\n' }]]);
  await bridge.ended;

  expect(requireDoneResult(fixture).evidence.green).toBe(true);
  const pid = spawnSync('cat', [join(fixture.directory, 'daemon.pid')])
    .stdout.toString()
    .trim();
  expect(isProcessRunning(pid)).toBe(false);
});
