import { describe, expect, test } from 'vitest';
import { describeFileProblem, parseRepositoryFile } from './parse-repository-file.ts';

test('parseRepositoryFile accepts each command as a line or as a list of arguments', () => {
  const { config, problems } = parseRepositoryFile(`
setup:
  - npm ci
verify:
  - npm test
  - [sh, -c, "npm run lint && npm run types"]
shared: ["CHANGELOG.md"]
strictMerge: true
`);

  expect(problems).toEqual([]);
  expect(config).toEqual({
    setup: [['npm', 'ci']],
    verify: [
      ['npm', 'test'],
      ['sh', '-c', 'npm run lint && npm run types'],
    ],
    shared: ['CHANGELOG.md'],
    strictMerge: true,
  });
});

test('parseRepositoryFile accepts an empty file', () => {
  expect(parseRepositoryFile('# nothing yet\n')).toEqual({ config: {}, problems: [] });
});

describe('parseRepositoryFile reports the line and the field of', () => {
  const cases: [string, string, RegExp][] = [
    ['broken YAML', 'setup:\n  - "npm ci\nverify: []\n', /^\.smol-gang\.yaml line \d: /],
    [
      'an unknown field',
      'setup: []\nverfy:\n  - npm test\n',
      /line 2, verfy: unknown field; check the spelling or remove it$/,
    ],
    ['a value of the wrong type', 'signOff: 1\nverify:\n  - 5\n', /line 3, verify\[0\]: /],
    [
      'a command with shell syntax',
      'verify:\n  - npm test\n  - a && b\n',
      /line 3, verify\[1\]: .*shell syntax/,
    ],
    [
      'a path outside the repository',
      'shared:\n  - ../../etc\n',
      /line 2, shared\[0\]: .*inside the repository/,
    ],
    ['a missing field', 'author:\n  name: A\n', /line 1, author\.email: /],
    ['a list instead of fields', '- npm test\n', /line 1: /],
    ['a repeated key', 'setup: []\nsetup: []\n', /line 2: /],
  ];

  test.each(cases)('%s', (_name, text, expected) => {
    const { config, problems } = parseRepositoryFile(text);

    expect(config).toBeUndefined();
    expect(problems.map(describeFileProblem).join('\n')).toMatch(new RegExp(expected.source, 'm'));
  });
});

test.each([
  ['services', 'services:\n  - name: db\n    command: postgres\n'],
  ['ports', 'ports:\n  - name: web\n    port: 3000\n'],
  ['environment', 'environment: node\n'],
  ['dind', 'dind: true\n'],
])('rejects the reserved key "%s" as not supported yet', (key, text) => {
  const { config, problems } = parseRepositoryFile(`setup: []\n${text}`);

  expect(config).toBeUndefined();
  expect(problems.map(describeFileProblem)).toEqual([
    `.smol-gang.yaml line 2, ${key}: not supported yet; remove this key`,
  ]);
});

test('parseRepositoryFile rejects aliases that expand to too much data', () => {
  const levels = Array.from(
    { length: 9 },
    (_, n) => `l${n + 1}: &l${n + 1} [${Array(10).fill(`*l${n}`).join(', ')}]`,
  );

  const { config, problems } = parseRepositoryFile(`l0: &l0 boom\n${levels.join('\n')}\n`);

  expect(config).toBeUndefined();
  expect(problems[0]?.message).toContain('aliases');
});

test('several YAML documents are reported without the words of the YAML library', () => {
  const { problems } = parseRepositoryFile('verify: [npm test]\n---\nsetup: [npm ci]\n');

  expect(problems).toEqual([
    expect.objectContaining({ message: expect.stringContaining('several YAML documents') }),
  ]);
});
