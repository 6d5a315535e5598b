import { expect, test } from 'vitest';
import { parseSignInLink } from './login-commands.ts';

test.each([
  ['http://localhost:3000/#code=abc', 'http://localhost:3000', 'abc'],
  ['http://localhost:3000/#signin=Ab_-9', 'http://localhost:3000', 'Ab_-9'],
  ['http://localhost:3000/login#code=abc', 'http://localhost:3000', 'abc'],
  ['http://localhost:3000/#/?code=abc', 'http://localhost:3000', 'abc'],
  ['https://team.example/gang/sign-in?code=a%2Bb', 'https://team.example/gang', 'a+b'],
  ['https://team.example/', 'https://team.example', undefined],
])('parseSignInLink reads URL and code of %s', (link, url, code) => {
  expect(parseSignInLink(link)).toEqual(code === undefined ? { url } : { url, code });
});

test.each(['localhost:3000', 'file:///etc/passwd', 'nonsense'])(
  'parseSignInLink rejects %s',
  (link) => {
    expect(() => parseSignInLink(link)).toThrow('not an http(s) URL');
  },
);
