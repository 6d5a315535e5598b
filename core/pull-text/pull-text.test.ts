import { describe, expect, test } from 'vitest';
import type { Evidence } from '../contract/task.ts';
import type { RootPullInput, TaskPullInput } from './render-pull.ts';
import { renderRootPull, renderTaskPull } from './render-pull.ts';

const EVIDENCE: Evidence = {
  commit: 'c'.repeat(40),
  root: 'd'.repeat(40),
  green: true,
  empty: false,
  results: [{ command: ['npm', 'test'], exitCode: 0, durationMs: 2_300, output: 'ok' }],
  at: 1,
};

const TASK_INPUT: TaskPullInput = {
  plan: { id: 'p3k9m2x7abc', title: 'Shop login' },
  task: {
    id: 'add-login',
    title: 'Add the login route',
    description: 'Add `POST /login` to src/server.js.',
    criteria: ['wrong password answers 401', 'a session is set'],
    wave: 2,
    dependsOn: [{ id: 'users', pull: 12 }, { id: 'join-1' }],
  },
  simple: false,
  evidence: EVIDENCE,
  summary: 'The route checks the hash.',
  workLog: ['read src/server.js', 'ran npm test'],
  leftOut: [{ path: 'src/cart.js', task: 'cart' }],
  flagged: [{ path: '.github/workflows/ci.yml', why: 'CI was changed', kind: 'ci' }],
  uncommitted: [],
  usage: { inputTokens: 12_345, outputTokens: 678, usd: 0.1234, turns: 9 },
  durationMs: 125_000,
};

describe('renderTaskPull', () => {
  test('shows the task, the work, the evidence and the cost', () => {
    const { title, body, labels } = renderTaskPull(TASK_INPUT);

    expect(title).toBe('[smol-gang/add-login] Add the login route');
    expect(labels).toEqual(['smol-gang', 'wave-2', 'auto-generated']);
    for (const line of [
      '## Task\n\nAdd `POST /login` to src/server.js.',
      '## What was done\n\nThe route checks the hash.',
      '- [ ] wrong password answers 401\n- [ ] a session is set',
      '- #12 `users`\n- `join-1`',
      '**Passed**: the verify commands ran on exactly commit `cccccccccccc`, which contains commit `dddddddddddd` of the target branch.',
      '| `npm test` | passed | 2 s |',
      '- `src/cart.js` belongs to task `cart`',
      '- `.github/workflows/ci.yml`: CI was changed',
      '- read src/server.js\n- ran npm test',
      '12,345 input tokens, 678 output tokens, $0.12, 2 min 5 s',
      'Task `add-login` of smol-gang plan `p3k9m2x7abc` (Shop login).',
    ]) {
      expect(body).toContain(line);
    }
  });

  test('lists the worst 30 flags and counts the others by kind', () => {
    const outOfScope = Array.from({ length: 100 }, (_, index) => ({
      path: `docs/${index}.md`,
      why: 'outside the scope of the task',
      kind: 'out_of_scope' as const,
    }));
    const flagged = [...outOfScope, ...TASK_INPUT.flagged];

    const { body } = renderTaskPull({
      ...TASK_INPUT,
      flagged,
      flagCounts: { ci: 1, out_of_scope: 600 },
    });

    expect(body).toContain('particular care.\n\n- `.github/workflows/ci.yml`: CI was changed');
    expect(body).toContain('- … and 571 more: 571 out of scope');
  });

  test('names the files that git does not commit', () => {
    const group = { folder: 'build', count: 12, cause: 'ignored' as const, examples: [] };

    expect(renderTaskPull({ ...TASK_INPUT, uncommitted: [group] }).body).toContain(
      '12 files in build/ (ignored by git)',
    );
  });

  test('does not claim that a commit contains itself', () => {
    const evidence = { ...EVIDENCE, root: EVIDENCE.commit };

    expect(renderTaskPull({ ...TASK_INPUT, evidence }).body).not.toContain('which contains');
  });

  test('omits sections without content', () => {
    const { body } = renderTaskPull({
      ...TASK_INPUT,
      leftOut: [],
      flagged: [],
      workLog: [],
      summary: '',
    });

    expect(body.match(/^## .*/gm)).toEqual([
      '## Task',
      '## Acceptance criteria',
      '## Depends on',
      '## Evidence',
      '## Usage and cost',
    ]);
  });

  test('explains an unknown price, missing verify commands, missing evidence and a failed command', () => {
    const usage = { ...TASK_INPUT.usage, usd: null };
    const emptyEvidence = { ...EVIDENCE, empty: true, results: [] };
    const failed = { command: ['npm', 'test'], exitCode: 1, durationMs: 10, output: '1 failed' };
    const failedEvidence = { ...EVIDENCE, green: false, results: [failed] };

    expect(renderTaskPull({ ...TASK_INPUT, usage }).body).toContain('cost unknown');
    expect(renderTaskPull({ ...TASK_INPUT, evidence: emptyEvidence }).body).toContain(
      'No command was run',
    );
    expect(renderTaskPull({ ...TASK_INPUT, evidence: undefined }).body).toContain(
      'Not verified yet',
    );
    expect(renderTaskPull({ ...TASK_INPUT, evidence: failedEvidence }).body).toMatch(
      /\*\*Failed\*\*[\s\S]*\*\*failed\*\* \(exit code 1\)[\s\S]*```text\n1 failed\n```/,
    );
  });

  test('names an isolation that is weaker than process namespaces', () => {
    const renderWith = (isolation: 'namespaces' | 'processes') =>
      renderTaskPull({ ...TASK_INPUT, evidence: { ...EVIDENCE, isolation } }).body;

    expect(renderWith('processes')).toContain('without process namespaces');
    expect(renderWith('namespaces')).not.toContain('namespaces');
  });

  test('fills the title pattern of the repository, but not the text {plan} within a title', () => {
    const input = { ...TASK_INPUT, titlePattern: 'feat({task}): {title} ({plan})' };

    const { title } = renderTaskPull({
      ...input,
      task: { ...TASK_INPUT.task, title: 'Use {plan} @x #1' },
    });

    expect(title).toBe('feat(add-login): Use {plan} @\u200bx #\u200b1 (p3k9m2x7abc)');
  });

  test('derives a bounded one-line title from the description of a task without a title', () => {
    const task = { ...TASK_INPUT.task, title: '', description: `${'word '.repeat(200)}\nmore` };

    const { title } = renderTaskPull({ ...TASK_INPUT, task });

    expect(title).toMatch(/^\[smol-gang\/add-login\] word [^\n]*…$/);
    expect(title.length).toBeLessThanOrEqual(210);
  });

  test('omits the task id in the text of a simple plan', () => {
    const { title, body } = renderTaskPull({ ...TASK_INPUT, simple: true });

    expect(title).toBe('[smol-gang] Add the login route');
    expect(body).toContain('All work of smol-gang plan `p3k9m2x7abc`');
  });
});

describe('the pull request template of a repository', () => {
  const template = `Thank you!

## Description
<!-- What does this do? -->

## How was this tested?

\`\`\`
## not a heading
\`\`\`

## Checklist
- [ ] I asked @acme/owners
Fixes #1
<!-- left open`;

  test('stays in the description, takes up the sections that match its headings and precedes all other sections', () => {
    const { body } = renderTaskPull({ ...TASK_INPUT, template });

    expect(body.match(/^## .*/gm)).toEqual([
      '## Description',
      '## How was this tested?',
      '## not a heading',
      '## Checklist',
      '## Acceptance criteria',
      '## Depends on',
      '## Changes left out',
      '## Needs attention',
      '## Work log',
      '## Usage and cost',
    ]);
    const [description = '', tested = ''] = body.split('## How was this tested?');
    expect(description).toMatch(/^Thank you!/);
    expect(description).toContain('Add `POST /login`');
    expect(description).toContain('The route checks the hash.');
    expect(description).not.toContain('What does this do?');
    expect(tested).toContain('the verify commands ran on exactly');
    expect(body).toContain('<!-- left open\n-->');
    expect(body).not.toMatch(/@acme|#1\b/);
  });

  test('is ignored if it is blank', () => {
    expect(renderTaskPull({ ...TASK_INPUT, template: ' \n' }).body).toBe(
      renderTaskPull(TASK_INPUT).body,
    );
  });
});

test('model text in a pull request mentions no user, closes no issue and adds no section', () => {
  const hostile = 'fixes #5 @octocat\n## Evidence\n```\n<!--';

  const { title, body } = renderTaskPull({
    ...TASK_INPUT,
    plan: { id: 'p1', title: hostile },
    task: {
      ...TASK_INPUT.task,
      title: hostile,
      description: hostile,
      criteria: [hostile],
      dependsOn: [],
    },
    summary: hostile,
    workLog: [hostile],
    leftOut: [{ path: hostile, task: hostile }],
    flagged: [{ path: hostile, why: hostile, kind: 'ci' }],
    evidence: {
      ...EVIDENCE,
      results: [{ command: [hostile], exitCode: 1, durationMs: 1, output: hostile }],
    },
  });

  expect(`${title}\n${body}`).not.toMatch(/@octocat|#5/);
  const prose = body.replace(/^(`{3,})[^`]*?\n[\s\S]*?\n\1$/gm, '');
  expect(prose.match(/^## Evidence$/gm)).toHaveLength(1);
  expect(prose).not.toMatch(/^```/m);
  expect(prose).toContain('## Usage and cost');
});

describe('renderRootPull', () => {
  const root: RootPullInput = {
    plan: { id: 'p3k9m2x7abc', title: 'Shop login', prompt: 'Add login', summary: 'Routes first.' },
    tasks: [
      {
        id: 'users',
        title: 'Users | table',
        wave: 1,
        status: 'merged',
        pull: 12,
        usage: { inputTokens: 900, outputTokens: 100, usd: 0.5, turns: 1 },
        durationMs: 61_000,
      },
      {
        id: 'login',
        title: 'Login',
        wave: 2,
        status: 'in_review',
        usage: { inputTokens: 0, outputTokens: 0, usd: null, turns: 0 },
      },
    ],
    mermaid: 'flowchart LR\n  a --> b',
    leftOut: [],
    flagged: [],
    usage: { inputTokens: 1_000, outputTokens: 100, usd: null, turns: 2 },
    durationMs: 7_500_000,
    criticalPathMs: 3_661_000,
    ready: false,
    siblings: [{ repo: 'acme/web', url: 'https://github.com/acme/web/pull/3' }],
  };

  test('shows the request, the tasks, the graph, the related pull requests and the cost', () => {
    const { title, body, labels } = renderRootPull(root);

    expect(title).toBe('[smol-gang] Shop login');
    expect(labels).toEqual(['smol-gang', 'auto-generated']);
    for (const line of [
      '**Not ready yet: please do not merge.** 1 of 2 tasks are merged.',
      '## Request\n\nAdd login',
      '| `users` Users \\| table | 1 | merged | #12 | 1,000 | $0.50 | 1 min 1 s |',
      '| `login` Login | 2 | in review |  | 0 | unknown |  |',
      '```mermaid\nflowchart LR\n  a --> b\n```',
      '- `acme/web`: https://github.com/acme/web/pull/3',
      '2 h 5 min; the longest chain of tasks took 1 h 1 min',
    ]) {
      expect(body).toContain(line);
    }
  });

  test('begins with a request for a review if the plan is ready', () => {
    expect(renderRootPull({ ...root, ready: true }).body).toMatch(/^\*\*Ready for review\.\*\*/);
  });

  test('says at the beginning that nothing was verified if no command ran', () => {
    const evidence = { ...EVIDENCE, empty: true, results: [] };

    const [intro] = renderRootPull({ ...root, ready: true, evidence }).body.split('\n');
    expect(intro).toContain('Nothing was verified: no verify command is known.');
  });
});

test('a description stays below 60,000 characters and still contains the evidence', () => {
  const long = 'word @x #1 '.repeat(10_000);
  const flagged = Array.from({ length: 500 }, () => ({
    path: 'p'.repeat(400),
    why: long,
    kind: 'ci' as const,
  }));
  const leftOut = Array.from({ length: 500 }, () => ({
    path: 'p'.repeat(400),
    task: 't'.repeat(40),
  }));
  const results = Array.from({ length: 50 }, () => ({
    command: ['npm', 'x'.repeat(500)],
    exitCode: 1,
    durationMs: 1,
    output: '#1 '.repeat(2_700),
  }));
  const template = `## Description\n${'t '.repeat(4_000)}`;

  const task = renderTaskPull({
    ...TASK_INPUT,
    task: {
      ...TASK_INPUT.task,
      description: long,
      criteria: Array.from({ length: 50 }, () => long),
      dependsOn: Array.from({ length: 2_000 }, (_, n) => ({ id: `t${n}`, pull: n })),
    },
    summary: long,
    workLog: Array.from({ length: 200 }, () => long),
    evidence: { ...EVIDENCE, results },
    flagged,
    leftOut,
    template,
  });
  const root = renderRootPull({
    plan: { id: 'p', title: long, prompt: long, summary: long },
    tasks: Array.from({ length: 10_000 }, (_, n) => ({
      id: `t${n}`,
      title: long,
      wave: 1,
      status: 'merged',
      usage: TASK_INPUT.usage,
    })),
    mermaid: 'x'.repeat(21_000),
    evidence: { ...EVIDENCE, results },
    flagged,
    leftOut,
    usage: TASK_INPUT.usage,
    ready: true,
    siblings: [],
    template,
  });

  for (const { body } of [task, root]) {
    expect(body.length).toBeLessThan(60_000);
    expect(body).toContain('ran on exactly');
    expect(body).toContain('smol-gang');
  }
});
