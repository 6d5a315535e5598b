import { expect, test } from 'vitest';
import { COMMANDS } from './command/command-table.ts';
import { findConditionCommand, findErrorAdvice } from './next-step.ts';

const CODES = [
  'no_graph_yet',
  'plan_unknown',
  'repository_unknown',
  'revision_moved',
  'task_unknown',
  'token_not_found',
  'user_not_found',
];

test.each(CODES)('the advice for %s names an existing command', (code) => {
  const advice = findErrorAdvice(code, {}) ?? '';

  const [, typed = ''] = /`smol-gang ([a-z ]+?)(?: [A-Z-]|`)/.exec(advice) ?? [];
  expect(COMMANDS.map(({ name }) => name)).toContain(typed);
});

test('the advice for a stopped plan is a restart only if the error offers the action', () => {
  const details = { plan: 'p3k9m2x7abc', status: 'cancelled' };

  expect(findErrorAdvice('plan_status', { ...details, action: 'restart' })).toContain(
    'smol-gang plan restart p3k9m2x7abc',
  );
  expect(findErrorAdvice('plan_status', details)).toBeUndefined();
});

test('the advice for an unlinked repository of a new plan is to link the repository', () => {
  expect(findErrorAdvice('repository_unknown', { repository: 'acme/shop' })).toContain('repo link');
});

test('codes without a next step have no advice', () => {
  expect(findErrorAdvice('invalid_request', {})).toBeUndefined();
  expect(findConditionCommand('plan_halted', 'p3k9m2x7abc')).toBeUndefined();
});

test('the command for a paused model is recover', () => {
  expect(findConditionCommand('paused_model', 'p3k9m2x7abc')).toBe('smol-gang recover p3k9m2x7abc');
});
