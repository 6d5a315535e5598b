import { expect, test } from 'vitest';
import { measureDialect } from './measure-dialect.ts';
import { scanFile } from './scan/scan-file.ts';

function measureSource(source: string, allowed: Parameters<typeof measureDialect>[1] = []) {
  const [privateMembers, mutableMembers] = measureDialect([scanFile('core/a.ts', source)], allowed);
  return { private: privateMembers?.findings, mutable: mutableMembers?.findings };
}

test('private fields and methods are findings, but private constructors are not', () => {
  const source = [
    'class A {',
    '  private limit = 1;',
    '  #size = 2;',
    '  private constructor() {}',
    '  private count() {}',
    '}',
  ].join('\n');

  expect(measureSource(source).private).toEqual(['core/a.ts:2: limit', 'core/a.ts:5: count']);
});

test('type members without readonly are findings at any depth', () => {
  const source = [
    'type A = { readonly a: number; b: { c: number } };',
    'interface B { d?: string; run(): void }',
    'function f(options: { e: number }): void {}',
  ].join('\n');

  expect(measureSource(source).mutable).toEqual([
    'core/a.ts:1: A.b',
    'core/a.ts:1: A.c',
    'core/a.ts:2: B.d',
    'core/a.ts:3: e',
  ]);
});

test('the type of a local variable may have mutable members, but the parameters of a local function may not', () => {
  const source = [
    'const shared: { a: number } = { a: 1 };',
    'function f() {',
    '  let last: { b: number } | undefined;',
    '  const g = (options: { c: number }) => options;',
    '}',
  ].join('\n');

  expect(measureSource(source).mutable).toEqual(['core/a.ts:1: a', 'core/a.ts:4: c']);
});

test('an entry of MUTABLE_TYPES allows the mutable members of its type, and an unused entry is a finding', () => {
  const entries = [
    { path: 'core/a.ts', type: 'A', reason: 'is filled step by step' },
    { path: 'core/b.ts', type: 'B', reason: 'no longer exists' },
  ];

  expect(measureSource('type A = { a: number };', entries).mutable).toEqual([
    'core/b.ts: B has no mutable member; remove its entry from MUTABLE_TYPES',
  ]);
});
