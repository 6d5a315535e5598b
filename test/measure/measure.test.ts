import { describe, expect, test } from 'vitest';
import type { BannedName } from './banned-names.ts';
import { BANNED_NAMES } from './banned-names.ts';
import type { LayerOrder } from './layers.ts';
import type { Measure } from './measure.ts';
import { listOffences, measureCode, measureFolder } from './measure-code.ts';
import { measureDocs } from './measure-docs.ts';
import { measureLanguage, opensWithPronoun } from './measure-language.ts';
import { measureLayers } from './measure-layers.ts';
import { joinWordsWithHyphens, measureNames } from './measure-names.ts';
import { measureShape } from './measure-shape.ts';
import { measureSize } from './measure-size.ts';
import type { FileFacts } from './scan/facts.ts';
import { scanFile } from './scan/scan-file.ts';

describe('comments', () => {
  test('adjacent line comments count as a single comment', () => {
    const source = joinLines(
      '// First line,',
      '// second line.',
      '',
      '// Another.',
      'run(); // Beside.',
    );

    const { comments } = scanFile('core/a.ts', source);

    expect(comments).toEqual([
      { line: 1, text: 'First line, second line.' },
      { line: 4, text: 'Another.' },
      { line: 5, text: 'Beside.' },
    ]);
  });

  test('the text of a doc comment is read without the stars', () => {
    const source = joinLines('/**', ' * Returns nothing.', ' * Throws never.', ' */', 'run();');

    const { comments } = scanFile('core/a.ts', source);

    expect(comments).toEqual([{ line: 1, text: 'Returns nothing. Throws never.' }]);
  });

  test('text in strings, templates and regular expressions is not a comment', () => {
    const source = joinLines(
      "const url = 'https://host//it';",
      `const text = \`/* it */ \${run(\`// it\`)}\`;`,
      'const pattern = /[/*]it\\//;',
    );

    expect(scanFile('core/a.ts', source).comments).toEqual([]);
  });

  test('comments for tools are ignored', () => {
    const source = joinLines(
      '// biome-ignore lint/a: it is so',
      '// @ts-expect-error it is so',
      'a();',
    );

    expect(scanFile('core/a.ts', source).comments).toEqual([]);
  });

  test('a comment that opens with a pronoun breaks the bound of its group of files', () => {
    const files = [
      scanFile('core/a.ts', '/** Whoever comes first. */\nrun();\n'),
      scanFile('test/b.ts', '// Returns nothing.\nrun();\n'),
    ];

    const measures = measureLanguage(files);

    expect(getMeasure(measures, 'openings-source')).toMatchObject({
      isBroken: true,
      findings: ['core/a.ts:1: Whoever comes first.'],
    });
    expect(getMeasure(measures, 'openings-tests').isBroken).toBe(false);
  });

  test('an opening pronoun is recognised in upper and lower case and after punctuation', () => {
    expect(['It is.', '(those of)', "that's it", 'Of a task.'].map(opensWithPronoun)).toEqual(
      Array.from({ length: 4 }, () => true),
    );
    expect(['Items.', '`one` is code.', 'Whole.', 'When it ends.'].map(opensWithPronoun)).toEqual(
      Array.from({ length: 4 }, () => false),
    );
  });

  test('vague words in more than 35 % of the comments break the bound', () => {
    const vague = scanFile('core/a.ts', '// Waits until it ends.\n\n// Waits.\n');
    const clear = scanFile('core/b.ts', '// Waits.\n\n// Ends items.\n');

    expect(getMeasure(measureLanguage([vague]), 'words-source').isBroken).toBe(true);
    expect(getMeasure(measureLanguage([vague, clear]), 'words-source').isBroken).toBe(false);
  });
});

describe('titles', () => {
  test('the titles of tests, suites, test tables and test wrappers are found', () => {
    const source = joinLines(
      "describe('a queue', async () => {",
      "  it.each([1])('sends %s', () => {});",
      `  test.skipIf(isSlow)(\`waits \${ms} ms\`, () => {});`,
      "  contract('keeps an order', async () => {});",
      "  await waitUntil('a message came', () => true);",
      "  /it/.test('no title');",
      '});',
    );

    const { titles } = scanFile('core/a.test.ts', source);

    expect(titles.map(({ text }) => text)).toEqual([
      'a queue',
      'sends %s',
      'waits … ms',
      'keeps an order',
    ]);
  });

  test('a test title that opens with a pronoun breaks the bound', () => {
    const file = scanFile('core/a.test.ts', "test('that of a plan is kept', () => {});\n");

    expect(getMeasure(measureLanguage([file]), 'openings-titles')).toMatchObject({
      isBroken: true,
      findings: ['core/a.test.ts:1: that of a plan is kept'],
    });
  });
});

describe('docs', () => {
  test('exported types without a doc comment break the bound; other types do not count', () => {
    const source = joinLines(
      '/** Identifies a task. */',
      'export type Id = string;',
      '// No doc comment.',
      'export type Key = string;',
      'interface Listed {}',
      'type Hidden = string;',
      'export type { Listed };',
    );

    const [types] = measureDocs([scanFile('core/a.ts', source)]);

    expect(types).toMatchObject({
      isBroken: true,
      value: '33.3 % (1 of 3)',
      findings: ['core/a.ts:4: Key', 'core/a.ts:5: Listed'],
    });
  });

  test('the doc comment of the previous statement does not document an export', () => {
    const source = joinLines('/** Counts. */', 'let count = 0;', 'export function run(): void {}');

    expect(scanFile('core/a.ts', source).exports).toMatchObject([
      { name: 'run', kind: 'function', isDocumented: false },
    ]);
  });
});

describe('layers', () => {
  const layering: LayerOrder = {
    parent: 'core',
    layers: [['base.ts'], ['store', 'port'], ['engine']],
  };
  const complete = [
    scanFile('core/base.ts', ''),
    scanFile('core/store/a.ts', "import { base } from '../base.ts';\n"),
    scanFile('core/port/a.ts', "export type { A } from '../store/a.ts';\n"),
    scanFile('core/engine/a.ts', "import '../store/a.ts';\n"),
  ];

  const listLayerOffences = (files: readonly FileFacts[]): string[] =>
    listOffences(measureLayers(files, [layering]));

  test('imports from the same layer and from lower layers are allowed', () => {
    expect(listLayerOffences(complete)).toEqual([]);
  });

  test.each([
    ['a static import', "import { a } from '../engine/a.ts';"],
    ['an import of a type', "import type { A } from '../engine/a.ts';"],
    ['a re-export', "export { a } from '../engine/a.ts';"],
    ['a re-export of all', "export * from '../engine/a.ts';"],
    ['a dynamic import', "const { a } = await import('../engine/a.ts');"],
    ['an import type', "type A = import('../engine/a.ts').A;"],
  ])('%s from a higher layer is an offence', (_, source) => {
    const files = [...complete, scanFile('core/store/b.ts', source)];

    expect(listLayerOffences(files)).toEqual([
      'layers: core/store/b.ts:1: store is below engine and imports core/engine/a.ts',
    ]);
  });

  test('a test file may import from any layer', () => {
    const file = scanFile('core/store/b.test.ts', "import '../engine/a.ts';\n");

    expect(listLayerOffences([...complete, file])).toEqual([]);
  });

  test('a file that no layer lists, and a listed name without a file, are offences', () => {
    const files = [...complete.slice(1), scanFile('core/plan/a.ts', ''), scanFile('cli/a.ts', '')];
    const presentFiles = files.filter(({ path }) => path !== 'core/store/a.ts');

    expect(listLayerOffences(presentFiles)).toEqual([
      'layer-table: core/plan: not listed in test/measure/layers.ts; add it to a layer',
      'layer-table: core/base.ts: listed in test/measure/layers.ts, but does not exist; remove it',
    ]);
  });
});

describe('sizes', () => {
  const long = `function build() {\n${'  run();\n'.repeat(59)}}\n`;

  test('a function with more than 60 lines is an offence unless the function is exempt', () => {
    const files = [scanFile('core/a.ts', long)];
    const exemption = { path: 'core/a.ts', name: 'build', reason: 'A table.' };

    expect(getMeasure(measureSize(files, []), 'long-functions').findings).toEqual([
      'core/a.ts:1: build has 61 lines',
    ]);
    expect(getMeasure(measureSize(files, [exemption]), 'long-functions').isBroken).toBe(false);
  });

  test('an unused exemption is an offence', () => {
    const exemption = { path: 'core/a.ts', name: 'build', reason: 'A table.' };

    expect(getMeasure(measureSize([], [exemption]), 'long-functions').isBroken).toBe(true);
  });

  test.each([
    ['a method', 'class A {\n  build() {\n', '  }\n}\n', 'build'],
    ['a constant', 'const build = () => {\n', '};\n', 'build'],
    ['a callback', 'list.map(() => {\n', '});\n', '(callback of list)'],
  ])('the length of %s is measured', (_, begin, end, name) => {
    const file = scanFile('core/a.ts', `${begin}${'  run();\n'.repeat(59)}${end}`);

    expect(file.functions).toMatchObject([{ name, lines: 61 }]);
  });

  test('a function that declares tests has no limit', () => {
    const source = `describe('a', () => {\n${'  run();\n'.repeat(60)}  test('b', () => {});\n});\n`;

    const measures = measureSize([scanFile('core/a.test.ts', source)], []);

    expect(getMeasure(measures, 'long-functions').isBroken).toBe(false);
  });

  test('a file with more than 400 lines is an offence', () => {
    const files = [scanFile('core/a.ts', 'run();\n'.repeat(401))];

    expect(getMeasure(measureSize(files, []), 'long-files').findings).toEqual([
      'core/a.ts:1: 401 lines',
    ]);
  });

  test('the median, the 90th percentile and the maximum are reported', () => {
    const source = Array.from(
      { length: 10 },
      (_, count) => `function f${count}() {\n${'\n'.repeat(count)}}`,
    );

    const measures = measureSize([scanFile('core/a.ts', source.join('\n'))], []);

    expect(getMeasure(measures, 'function-lines').value).toBe('median 7, p90 11, max 11');
  });
});

describe('names', () => {
  const banned: readonly BannedName[] = [{ pattern: /(?:^|-)lane(?:-|$)/, use: 'merge queue' }];

  test.each([
    ['a function', 'function workLane() {}'],
    ['a parameter', 'function work(lane: string) {}'],
    ['a variable', 'const LANE_KEY = 1;'],
    ['a destructured variable', 'const { queue: lane } = work;'],
    ['a type', 'type LaneKey = string;'],
    ['a member of a type', 'type A = { readonly lane?: string };'],
    ['a member of an interface', 'interface A { takeLane(): void }'],
    ['a private member', 'class A { #lane = 1; }'],
    ['a method', 'class A { takeLane() {} }'],
    ['a member of a schema', 'const a = z.object({ lane: z.string() });'],
    ['an alias of an import', "import { queue as lane } from './a.ts';"],
    ['a caught error', 'try { run(); } catch (lane) { run(); }'],
  ])('the name of %s is a declared name', (_, source) => {
    expect(measureNames([scanFile('core/a.ts', source)], banned).findings).toHaveLength(1);
  });

  test('the name of a file is a declared name; a use of a name or a longer word is no offence', () => {
    const source = "const a = other.lane;\nconst b = { lane: a };\nconst plane = 'lane';\n";

    const { findings } = measureNames([scanFile('core/work-lane.ts', source)], banned);

    expect(findings).toEqual(['core/work-lane.ts:1: work-lane (use instead: merge queue)']);
  });

  test('a ban of function names does not apply to variables', () => {
    const functionBan: readonly BannedName[] = [
      { pattern: /^rest$/, use: 'a verb', kind: 'function' },
    ];
    const source = 'const [, ...rest] = a;\nconst b = { rest() {} };\nfunction rest() {}\n';

    expect(measureNames([scanFile('core/a.ts', source)], functionBan).findings).toEqual([
      'core/a.ts:3: rest (use instead: a verb)',
    ]);
  });

  test('the words of a name are joined with hyphens', () => {
    expect(
      ['workLane', 'HANDLER_SPAN_MS', 'toHTTPError', '#lane'].map(joinWordsWithHyphens),
    ).toEqual(['work-lane', 'handler-span-ms', 'to-http-error', '#lane']);
  });

  test('the table bans a term in camel case, in capitals and as a single word', () => {
    const names = [
      'drivePlan',
      'owesWork',
      'PROOF',
      'laneKey',
      'HANDLER_SPAN_MS',
      'agreed',
      'Ground',
    ];
    const source = names.map((name) => `const ${name} = 1;`).join('\n');

    const { findings } = measureNames([scanFile('core/a.ts', source)], BANNED_NAMES);

    expect(findings).toHaveLength(names.length);
  });

  test('the table allows longer words and names that contain a banned term', () => {
    const names = ['redriveMessage', 'driver', 'background', 'spentUsd', 'planet'];
    const source = names.map((name) => `const ${name} = 1;`).join('\n');

    expect(measureNames([scanFile('core/a.ts', source)], BANNED_NAMES).findings).toEqual([]);
  });
});

describe('shape', () => {
  test('a short exported function with a single importer is reported', () => {
    const files = [
      scanFile('core/a.ts', 'export function a() {}\nexport function b() {}\n'),
      scanFile('core/b.ts', "import { a, b } from './a.ts';\n"),
      scanFile('core/c.ts', "import { b } from './a.ts';\n"),
      scanFile('core/a.test.ts', "import { a } from './a.ts';\n"),
    ];

    const measures = measureShape(files);

    expect(getMeasure(measures, 'tiny-functions').findings).toEqual(['core/a.ts:1: a']);
    expect(getMeasure(measures, 'imports').value).toBe('mean 0.7, p90 1, max 1');
  });

  test('a folder with more files than the limit is reported', () => {
    const files = Array.from({ length: 21 }, (_, count) => scanFile(`core/f${count}.ts`, ''));

    expect(getMeasure(measureShape(files), 'full-folders').findings).toEqual(['core/: 21 files']);
  });
});

test('offences name the measure, the place and the text, and come only from broken bounds', () => {
  const file = scanFile('core/a.ts', '// It works.\nexport function a() {}\n');

  const offences = listOffences(measureCode([file]));

  expect(offences).toContain('openings-source: core/a.ts:1: It works.');
  expect(offences.filter((offence) => offence.startsWith('docs-'))).toEqual([]);
});

test('a folder is measured without files outside the folder', () => {
  const files = [
    scanFile('core/a/x.ts', '// It works.\n'),
    scanFile('core/ab.ts', '// Works.\n'),
    scanFile('cli/x.ts', '// Works.\n'),
  ];

  const measures = measureFolder(files, 'core/a');

  expect(getMeasure(measures, 'openings-source').value).toBe('100.0 % (1 of 1)');
});

test('the error for a file that cannot be parsed names the path of the file', () => {
  expect(() => scanFile('core/a.ts', 'const = ;')).toThrow('core/a.ts cannot be parsed');
});

function joinLines(...lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

function getMeasure(measures: readonly Measure[], id: string): Measure {
  const measure = measures.find((candidate) => candidate.id === id);
  if (measure === undefined) throw new Error(`there is no measure ${id}`);
  return measure;
}
