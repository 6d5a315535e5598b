import { expect, test } from 'vitest';
import { findSecrets } from './find-secrets.ts';

const LETTERS = 'a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8';

test.each([
  ['AWS access key', `AKIA${'ABCD1234EFGH5678'}`],
  ['GitHub token', `ghp_${LETTERS}`],
  ['GitHub token', `github_pat_${LETTERS}`],
  ['Slack token', `xoxb-${LETTERS}`],
  ['Google API key', `AIza${LETTERS.slice(0, 35)}`],
  ['API key', `sk-proj-${LETTERS}`],
  ['private key', `-----BEGIN RSA ${'PRIVATE'} KEY-----`],
])('finds a %s and names the line', (name, secret) => {
  expect(findSecrets(`first\nkey = "${secret}"\n`)).toMatchObject([{ name, line: 2 }]);
});

test.each([
  ['an identifier', 'class="sk-navigation-container-wide"'],
  ['a short text', 'AKIA1234'],
  ['a public key', '-----BEGIN PUBLIC KEY-----'],
  ['binary content', `\0AKIA${'ABCD1234EFGH5678'}`],
])('ignores %s', (_name, content) => {
  expect(findSecrets(content)).toEqual([]);
});
