import { expect, test } from 'vitest';
import { checkCaller } from './check-caller.ts';

const NO_EXTRA_CALLERS = { hosts: [], origins: [] };

test.each([
  ['no origin', { host: '127.0.0.1:3000' }],
  ['localhost', { host: 'localhost:3000' }],
  ['IPv6 loopback', { host: '[::1]:3000' }],
  ['the origin of the server', { host: 'localhost:3000', origin: 'http://localhost:3000' }],
  ['loopback by another name', { host: '127.0.0.1:3000', origin: 'http://localhost:3000' }],
])('checkCaller accepts %s', (_name, headers) => {
  expect(checkCaller(headers, NO_EXTRA_CALLERS)).toBeUndefined();
});

test.each([
  ['no host', {}],
  ['a name that resolves to loopback', { host: 'rebound.example:3000' }],
  ['a name that begins like loopback', { host: 'localhost.example:3000' }],
  ['credentials in the host', { host: 'localhost@rebound.example' }],
  ['a foreign origin', { host: 'localhost:3000', origin: 'https://evil.example' }],
  ['an opaque origin', { host: 'localhost:3000', origin: 'null' }],
  ['another port of this machine', { host: 'localhost:3000', origin: 'http://localhost:8080' }],
  ['another scheme', { host: 'localhost:3000', origin: 'https://localhost:3000' }],
])('checkCaller rejects %s', (_name, headers) => {
  expect(checkCaller(headers, NO_EXTRA_CALLERS)).toBeTypeOf('string');
});

test('checkCaller accepts additional hosts and origins', () => {
  const allowed = { hosts: ['host.docker.internal'], origins: ['http://localhost:5173'] };

  expect(checkCaller({ host: 'host.docker.internal:3000' }, allowed)).toBeUndefined();
  const page = { host: 'localhost:3000', origin: 'http://localhost:5173' };
  expect(checkCaller(page, allowed)).toBeUndefined();
});
