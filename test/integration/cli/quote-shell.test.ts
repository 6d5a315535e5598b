import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { formatGit, quoteShell } from '../../../core/base/quote-shell.ts';

test.each(['src/a.ts', 'fix#12', "it's", 'a b', '$HOME', '`id`', 'grün', '-x', '', 'a\nb', '*'])(
  'a shell reads the quoted text %j as one unchanged argument',
  (text) => {
    const output = execFileSync('sh', ['-c', `printf %s ${quoteShell(text)}`], {
      encoding: 'utf8',
    });

    expect(output).toBe(text);
  },
);

test('a git command names the folder of the repository, if it is known', () => {
  expect(formatGit('/home/ada/my shop')).toBe("git -C '/home/ada/my shop'");
  expect(formatGit(undefined)).toBe('git');
});
