import { html } from 'hono/html';
import { expect, test } from 'vitest';
import { renderMarkdown } from './render-markdown.ts';

async function render(text: string): Promise<string> {
  return String(await html`${renderMarkdown(text)}`);
}

test.each([
  ['# Title\n\ntext **b** `c`', '<h2>Title</h2><p>text <b>b</b> <code>c</code></p>'],
  ['## Part\nnext', '<h3>Part</h3><p>next</p>'],
  [
    '- one\n  more\n- [x] two\n- [ ] three',
    '<ul><li>one more</li><li>☑ two</li><li>☐ three</li></ul>',
  ],
  ['1. one\n2. two', '<ol><li>one</li><li>two</li></ol>'],
  [
    '| a | b |\n| --- | ---: |\n| `x` | 1\\|2 |\nafter',
    '<table><tr><th>a</th><th>b</th></tr><tr><td><code>x</code></td><td>1|2</td></tr></table><p>after</p>',
  ],
  ['```mermaid\ngraph TD\n```\nafter', '<pre><code>graph TD</code></pre><p>after</p>'],
  ['````\n```\n````', '<pre><code>```</code></pre>'],
  ['```\nopen', '<pre><code>open</code></pre>'],
  ['> quoted\n> text', '<blockquote>quoted text</blockquote>'],
  [
    '[a](https://h/x) http://h/y.',
    '<p><a href="https://h/x">a</a> <a href="http://h/y.">http://h/y.</a></p>',
  ],
  ['5 \\* 3 <!-- hidden --> end', '<p>5 * 3  end</p>'],
  ['one\ntwo\n- item', '<p>one two</p><ul><li>item</li></ul>'],
])('renders %j', async (text, expected) => {
  expect(await render(text)).toBe(expected);
});

test.each([
  '<script>alert(1)</script>',
  '[x](javascript:alert(1))',
  '# <img src=x onerror=alert(1)>',
  '`<b>`',
  '| <i> | b |\n| --- | --- |\n| <u> | d |',
  '[a](https://h/"onmouseover="x)',
  '```\n</code><script>\n```',
])('the text %j adds no element or attribute of its own', async (text) => {
  const page = await render(text);

  expect(page).not.toMatch(/<(?:script|img|i|u)\b|href="javascript|"onmouseover|<b>`/);
  expect(
    page.replaceAll(/<\/?(?:p|h2|code|pre|table|tr|td|th|a)(?: href="[^"<>]*")?>/g, ''),
  ).not.toMatch(/[<>]/);
});

test('renders a long text in time', async () => {
  const text = `${'- [ ] item `code` **bold**\n'.repeat(2_000)}\n${'| a | b |\n'.repeat(500)}`;

  expect((await render(text)).length).toBeGreaterThan(text.length);
});
