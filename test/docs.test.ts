import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parseEnvFile } from '../core/base/parse-env-file.ts';
import { AGENT_PROGRAMS } from '../core/contract/agent.ts';
import { repositoryFileSchema } from '../core/contract/repository.ts';
import { parseRepositoryFile } from '../core/planning/explore/parse-repository-file.ts';
import { listOperatorSections, readConfig } from '../functions/config.ts';
import { readPlatformSettings } from '../local/platform/platform-settings.ts';
import { PLATFORM_ROWS, renderEnvExample, replaceConfigTable } from './support/config-table.ts';

test('docs/operations.md lists the variables that the code reads (update: npm run docs:config)', () => {
  const path = fileURLToPath(new URL('../docs/operations.md', import.meta.url));
  const document = readFileSync(path, 'utf8');

  expect(replaceConfigTable(document)).toBe(document);
});

test('.env.example lists the variables that the code reads (update: npm run docs:config)', () => {
  const path = fileURLToPath(new URL('../.env.example', import.meta.url));

  expect(readFileSync(path, 'utf8')).toBe(renderEnvExample());
});

test('.env.example sets nothing, and its settings without the comment sign are the defaults', () => {
  const example = renderEnvExample();
  expect(parseEnvFile(example)).toEqual({ values: {}, problems: [] });

  const { values, problems } = parseEnvFile(example.replaceAll(/^#([A-Z_]+=)/gm, '$1'));

  expect(problems).toEqual([]);
  expect(values).toMatchObject({ PORT: '3000', SLOTS: '8', MODEL_PRICES: '{}', GITHUB_TOKEN: '' });
  expect(readConfig(listOperatorSections(), values)).toEqual(
    readConfig(listOperatorSections(), {}),
  );
});

test('the documentation states the actual defaults of the laptop platform', () => {
  const documented = new Map(PLATFORM_ROWS.map((row) => [row.name, row.default]));

  const settings = readPlatformSettings({}, '/');

  expect(settings).toEqual({
    port: Number(documented.get('PORT')),
    forgePort: Number(documented.get('SMOL_FORGE_PORT')),
    dataDir: `/${documented.get('SMOL_DATA_DIR')}`,
    store: documented.get('STORE'),
    toolConfigFiles: [],
    maxScheduleIntervalSeconds: Number(documented.get('SMOL_CLOCK_SECONDS')),
  });
});

test('every file and folder that the documentation names exists', () => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const documents = globSync(['*.md', 'docs/**/*.md'], { cwd: root });
  const pathInBackticks =
    /`((?:core|adapters|functions|local|agent|cli|stacks|test|bench|docs)\/[\w./*-]*)`/g;

  const missing = documents.flatMap((document) =>
    [...readFileSync(`${root}/${document}`, 'utf8').matchAll(pathInBackticks)]
      .flatMap(([, path = '']) => (globSync(path, { cwd: root }).length === 0 ? [path] : []))
      .map((path) => `${document}: ${path}`),
  );

  expect(documents.length).toBeGreaterThan(5);
  expect(missing).toEqual([]);
});

test('docs/operations.md names the installation of every agent that is not built in', () => {
  const document = readFileSync(new URL('../docs/operations.md', import.meta.url), 'utf8');

  for (const [agent, { install }] of Object.entries(AGENT_PROGRAMS)) {
    expect(document).toContain(`\`${agent}\``);
    if (install !== undefined) expect(document).toContain(`\`${install}\``);
  }
});

test('docs/repository-file.md documents every key, and its example is valid', () => {
  const document = readFileSync(new URL('../docs/repository-file.md', import.meta.url), 'utf8');

  const tableKeys = [...document.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, key]) => key),
  );
  expect(tableKeys.toSorted()).toEqual(Object.keys(repositoryFileSchema.shape).toSorted());
  const example = /```yaml\n([\s\S]*?)```/.exec(document)?.[1] ?? '';
  expect(parseRepositoryFile(example)).toMatchObject({
    problems: [],
    config: {
      verify: [
        ['npm', 'run', 'lint'],
        ['npm', 'test'],
      ],
      signOff: true,
    },
  });
});
