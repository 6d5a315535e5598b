import { expect, test } from 'vitest';
import { checkCaller } from './check-caller.ts';

const NO_EXTRA_CALLERS = { hosts: [], origins: [] };

test.each([
  ['a request without an Origin header', { host: '127.0.0.1:3000' }],
  ['the host localhost', { host: 'localhost:3000' }],
  ['the IPv6 loopback host', { host: '[::1]:3000' }],
  ['the origin of the server', { host: 'localhost:3000', origin: 'http://localhost:3000' }],
  [
    'an origin that names loopback differently than the host',
    { host: '127.0.0.1:3000', origin: 'http://localhost:3000' },
  ],
])('checkCaller accepts %s', (_name, headers) => {
  expect(checkCaller(headers, NO_EXTRA_CALLERS)).toBeUndefined();
});

test.each([
  ['a request without a Host header', {}],
  ['a foreign host name', { host: 'rebound.example:3000' }],
  ['a host name that begins with localhost', { host: 'localhost.example:3000' }],
  ['a host with a user name', { host: 'localhost@rebound.example' }],
  ['a foreign origin', { host: 'localhost:3000', origin: 'https://evil.example' }],
  ['an opaque origin', { host: 'localhost:3000', origin: 'null' }],
  [
    'an origin on another port of this machine',
    { host: 'localhost:3000', origin: 'http://localhost:8080' },
  ],
  ['an origin with another scheme', { host: 'localhost:3000', origin: 'https://localhost:3000' }],
])('checkCaller rejects %s', (_name, headers) => {
  expect(checkCaller(headers, NO_EXTRA_CALLERS)).toBeTypeOf('string');
});

test('checkCaller accepts additional hosts and origins', () => {
  const allowed = { hosts: ['host.docker.internal'], origins: ['http://localhost:5173'] };

  expect(checkCaller({ host: 'host.docker.internal:3000' }, allowed)).toBeUndefined();
  const page = { host: 'localhost:3000', origin: 'http://localhost:5173' };
  expect(checkCaller(page, allowed)).toBeUndefined();
});
