import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderMermaid } from './render-mermaid.ts';
import { makeTask } from './task-fixture.ts';

describe('renderMermaid', () => {
  it('draws tasks, statuses and the edges between known tasks', () => {
    const tasks = [makeTask('a', { title: 'Add src/app.ts' }), makeTask('b', { dependsOn: ['a'] })];
    const edges = [
      { from: 'a', to: 'b', reason: 'declared' },
      { from: 'b', to: 'unknown', reason: 'overlap' },
    ];

    const text = renderMermaid(tasks, edges, (id) => (id === 'a' ? 'merged' : 'working'));

    expect(text.split('\n')).toEqual([
      'flowchart LR',
      '  n0["a: Add src/app.ts"]',
      '  n1["b: Write the b module and its unit tests"]',
      '  n0 --> n1',
      '  classDef merged fill:#4ac26b,color:#1f2328',
      '  class n0 merged',
      '  classDef working fill:#80ccff,color:#1f2328',
      '  class n1 working',
    ]);
  });

  it('draws an overlap edge dotted', () => {
    const edges = [{ from: 'a', to: 'b', reason: 'overlap' }];

    expect(renderMermaid([makeTask('a'), makeTask('b')], edges)).toContain('n0 -.-> n1');
  });

  it('escapes titles, so that no title can end its label', { timeout: 60_000 }, () => {
    void fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 120 }),
          fc.constant('x"]\nn1 --> n0\n```\n<script>alert(1)</script>'),
          fc.constant('"]; click n0 "https://example.com" %%{init: {}}%% & #quot;'),
        ),
        (title) => {
          const text = renderMermaid([{ ...makeTask('a'), title }], []);

          expect(text).toMatch(/^flowchart LR\n {2}n0\["(?:[\p{L}\p{M}\p{N} _,:/….-]|#\d+;)*"\]$/u);
        },
      ),
    );
  });

  it('shortens a label to 60 characters', () => {
    const text = renderMermaid([makeTask('a', { title: 'é'.repeat(120) })], []);

    expect(text).toContain(`"a: ${'é'.repeat(56)}…"`);
  });

  it('draws a box per wave if the graph has too many tasks', () => {
    const tasks = [
      makeTask('root'),
      ...Array.from({ length: 200 }, (_, index) => makeTask(`t${index}`, { dependsOn: ['root'] })),
    ];

    const text = renderMermaid(tasks, [], (id) => (id === 'root' ? 'merged' : 'ready'));

    expect(text.split('\n')).toEqual([
      'flowchart LR',
      '  w0["wave 1: 1 task, 1 merged"]',
      '  w1["wave 2: 200 tasks, 0 merged"]',
      '  w0 --> w1',
    ]);
  });

  it('combines several waves in each box if there are too many waves, and draws a box per wave if there are too many edges', () => {
    const chain = Array.from({ length: 1_000 }, (_, index) =>
      makeTask(`t${index}`, { dependsOn: index === 0 ? [] : [`t${index - 1}`] }),
    );
    const dense = Array.from({ length: 60 }, (_, index) =>
      makeTask(`t${index}`, {
        dependsOn: index < 30 ? [] : chain.slice(0, 30).map(({ id }) => id),
      }),
    );

    expect(renderMermaid(chain, []).match(/\["/g)).toHaveLength(143);
    expect(renderMermaid(chain, [])).toContain('w0["waves 1 to 7: 7 tasks"]');
    expect(renderMermaid(dense, []).match(/\["/g)).toHaveLength(2);
  });
});
