import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatCodeBlock,
  formatInlineCode,
  neutraliseCell,
  neutraliseMarkdown,
  toPlainText,
} from './safe-text.ts';

/** Active text, which a forge or a bot interprets: mentions, references, commands, headings, tags and entities. */
const ACTIVE_PATTERNS = [
  /@[\w-]/,
  /#\d/,
  /\bGH-\d/i,
  /\/(issues|pulls?|discussions)\/\d/i,
  /^\s*\/[a-z]/im,
  /^#{1,6} /m,
  /<[a-z!/]/i,
  /&(#64|commat|num|#35);/i,
];

function isActive(markdown: string): boolean {
  return ACTIVE_PATTERNS.some((pattern) => pattern.test(markdown));
}

describe('toPlainText', () => {
  test.each([
    ['a Persian word', 'می\u200cخواهم'],
    ['a Hindi word', 'क्\u200dष'],
    ['a family emoji', '👨\u200d👩\u200d👧'],
    ['an emoji with a skin tone', '👩🏽\u200d💻'],
    ['an emoji with a variation selector', '❤\ufe0f\u200d🔥'],
  ])('keeps the joiner of %s', (_name, text) => {
    expect(toPlainText(text, 100)).toBe(text);
  });

  test.each([
    ['joiners between Latin letters', 'ad\u200cmi\u200dn', 'admin'],
    ['joiners between Cyrillic letters', 'да\u200dта', 'дата'],
    ['joiners at the edge of a word', '\u200dمی\u200c خ', 'می خ'],
    ['repeated joiners', 'می\u200c\u200cخ', 'میخ'],
    ['bidirectional overrides in a Persian word', 'م\u202eی', 'می'],
    ['tag characters after an emoji', '👩\u{e0041}', '👩'],
  ])('removes %s', (_name, text, expected) => {
    expect(toPlainText(text, 100)).toBe(expected);
  });
});

describe('neutraliseMarkdown deactivates all active text', () => {
  const cases = [
    'Thanks @octocat and @acme/reviewers',
    'fixes #12, Closes: #3, resolves acme/shop#77',
    'Fixes GH-9',
    'closes https://github.com/acme/shop/issues/4 and [this](https://github.com/a/b/pull/5)',
    '_@octocat_ `@octocat fixes #1`',
    '```\nfixes #1 @octocat\n```',
    '/approve\n  /merge now',
    '## Evidence\nAll green',
    'Hidden <!-- fixes #1 --> and <img src=x onerror=y> and <details>',
    '&#64;octocat &commat;octocat fixes &#35;12 &num;12',
  ];

  test.each(cases)('in %j', (text) => {
    expect(isActive(text)).toBe(true);

    expect(isActive(neutraliseMarkdown(text, 1_000))).toBe(false);
  });
});

test('neutraliseMarkdown deactivates every combination of active characters', () => {
  // No piece contains a space: the pattern for headings would also match in a code block, where a heading is harmless.
  const pieces = [
    '@',
    '#',
    'a',
    '1',
    '`',
    '```',
    '~~~',
    '\n',
    '<',
    '!--',
    '&',
    '#64;',
    'GH-',
    '/',
    'pull/',
    '\u200b',
  ];
  const texts = fc.array(fc.constantFrom(...pieces), { maxLength: 25 }).map((all) => all.join(''));

  void fc.assert(
    fc.property(texts, (text) => !isActive(neutraliseMarkdown(text, 1_000))),
    { numRuns: 5_000 },
  );
});

test('neutraliseMarkdown deactivates text with hidden characters, and a second call changes nothing', () => {
  const once = neutraliseMarkdown('fixes #\u200b\u200b1 for @\u2060octocat', 1_000);

  expect(isActive(once)).toBe(false);
  expect(neutraliseMarkdown(once, 1_000)).toBe(once);
});

test('neutraliseMarkdown keeps ordinary prose unchanged', () => {
  const text =
    'Adds `GET /health` to **src/server.ts**.\n\n- one\n- a < b && c\n\n| a | b |\n|---|---|';

  expect(neutraliseMarkdown(text, 1_000)).toBe(text);
});

test('neutraliseMarkdown closes an open code block', () => {
  expect(neutraliseMarkdown('see\n~~~~js\nlet a;\n~~~', 1_000)).toBe(
    'see\n~~~~js\nlet a;\n~~~\n~~~~',
  );
  expect(neutraliseMarkdown('a\n```\nb\n```\nc', 1_000)).toBe('a\n```\nb\n```\nc');
});

test('neutraliseMarkdown escapes an underline that would create a heading', () => {
  expect(neutraliseMarkdown('Evidence\n---\nGreen\n===', 100)).toBe(
    'Evidence\n\\---\nGreen\n\\===',
  );
});

test('neutraliseCell and formatInlineCode escape pipes, which would start another table cell', () => {
  expect(neutraliseCell('a | b\nc', 100)).toBe('a \\| b c');
  expect(formatInlineCode('a | `b`', 100)).toBe("`a ¦ 'b'`");
});

test('formatCodeBlock keeps the end of the output, removes colours and contains inner fences', () => {
  const block = formatCodeBlock(
    `${'x'.repeat(500)}\n\u001b[31mred\u001b[0m\n\`\`\`\`\nfixes #1`,
    40,
  );

  expect(block.startsWith('`````text\n…')).toBe(true);
  expect(block.endsWith('\n`````')).toBe(true);
  expect(block).toContain('\nred\n');
  expect(isActive(block)).toBe(false);
});

test('neutraliseMarkdown and formatCodeBlock bound the length of their output', () => {
  const long = '@a '.repeat(100_000);

  expect(neutraliseMarkdown(long, 500).length).toBeLessThan(1_000);
  expect(formatCodeBlock(long, 500).length).toBeLessThan(1_000);
});
