import { describe, expect, test } from 'vitest';
import { makeTask } from '../graph/task-fixture.ts';
import { checkStackFit } from './check-stack-fit.ts';
import type { Exploration } from './explore/exploration.ts';

const NODE_EXPLORATION: Exploration = {
  repo: 'acme/shop',
  sha: '1'.repeat(40),
  fileCount: 12,
  truncated: false,
  outline: '',
  languages: [{ name: 'JavaScript', fileCount: 10 }],
  packageManagers: ['npm'],
  manifestPaths: ['package.json', 'package-lock.json'],
  manifests: [],
  docs: [],
  config: undefined,
  problems: [],
  commands: { setup: [], verify: [], description: '' },
  shared: [],
  pullTemplate: undefined,
  forgeCalls: 1,
};
const PROMPT = 'Add a web page that shows the state of the agents';

function checkTask(
  fields: Parameters<typeof makeTask>[1],
  prompt = PROMPT,
  exploration = NODE_EXPLORATION,
): string[] {
  return checkStackFit([makeTask('a', fields)], [exploration], prompt);
}

describe('checkStackFit rejects, in a Node.js repository,', () => {
  const cases: [string, Parameters<typeof makeTask>[1]][] = [
    ['a Python manifest in a scope', { scope: ['pyproject.toml'] }],
    ['Python files in a scope', { scope: ['api/main.py'] }],
    ['a glob for Python files', { scope: ['api/**/*.py'] }],
    [
      'a Python framework in the description',
      { description: 'Write the backend with FastAPI and its routes' },
    ],
    [
      'a Python file in the description',
      { description: 'Create `agent/core.py` with the event loop' },
    ],
    ['Go files in a scope', { scope: ['cmd/server/main.go', 'go.mod'] }],
    ['TypeScript files, if the repository has no TypeScript', { scope: ['src/*.{ts,tsx}'] }],
    ['the lockfile of another package manager', { scope: ['pnpm-lock.yaml'] }],
  ];

  test.each(cases)('%s', (_name, fields) => {
    const problems = checkTask(fields);

    expect(problems.length).toBeGreaterThan(0);
    expect(problems[0]).toMatch(/^task a .*acme\/shop/);
  });
});

describe('checkStackFit accepts, in a Node.js repository,', () => {
  const cases: [string, Parameters<typeof makeTask>[1]][] = [
    [
      'files in the language of the repository',
      { scope: ['src/server.js', 'package.json', 'package-lock.json'] },
    ],
    [
      'pages, styles, scripts and data',
      { scope: ['web/index.html', 'web/a.css', 'run.sh', 'a.sql'] },
    ],
    ['type declarations', { scope: ['src/index.d.ts'] }],
    [
      'Node.js in the description',
      { description: 'Serve it with Node.js and Express.js, as socket.io does' },
    ],
  ];

  test.each(cases)('%s', (_name, fields) => {
    expect(checkTask(fields)).toEqual([]);
  });
});

test('checkStackFit accepts a stack that the request names', () => {
  const fields = { scope: ['api/main.py', 'pyproject.toml'] };

  expect(checkTask(fields, 'Port the API to Python')).toEqual([]);
  expect(checkTask(fields, 'Add a script tools/report.py')).toEqual([]);
});

test('checkStackFit accepts any stack for an empty repository or a truncated listing', () => {
  const empty = { ...NODE_EXPLORATION, languages: [], manifestPaths: [] };

  expect(checkTask({ scope: ['main.py'] }, PROMPT, empty)).toEqual([]);
  expect(
    checkTask({ scope: ['main.py'] }, PROMPT, { ...NODE_EXPLORATION, truncated: true }),
  ).toEqual([]);
});

test('checkStackFit compares each task with its own repository', () => {
  const api = {
    ...NODE_EXPLORATION,
    repo: 'acme/api',
    languages: [{ name: 'Python', fileCount: 3 }],
  };
  const tasks = [
    makeTask('a', { repo: 'acme/api', scope: ['main.py'] }),
    makeTask('b', { repo: 'acme/shop', scope: ['main.py'] }),
  ];

  const problems = checkStackFit(tasks, [NODE_EXPLORATION, { ...api, manifestPaths: [] }], PROMPT);

  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(/^task b /);
});
