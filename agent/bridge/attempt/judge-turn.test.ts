import { describe, expect, test } from 'vitest';
import { TurnJudge } from './judge-turn.ts';
import { CONTINUE_PROMPT } from './task-prompt.ts';

describe('TurnJudge', () => {
  test('accepts a complete turn', () => {
    const judge = new TurnJudge(false);

    expect(judge.judgeTurn({ stopReason: 'end_turn', text: 'Done.' })).toBeUndefined();
    expect(judge.judgeTurn({ stopReason: 'cancelled', text: '' })).toBeUndefined();
  });

  test('asks three times to continue a turn that ended early, and then fails the attempt', () => {
    const judge = new TurnJudge(false);
    const turn = { stopReason: 'max_tokens', text: '' } as const;

    expect([1, 2, 3].map(() => judge.judgeTurn(turn))).toEqual(Array(3).fill(CONTINUE_PROMPT));
    expect(() => judge.judgeTurn(turn)).toThrow('ended its turn early again (max_tokens)');
  });

  test('fails the attempt if the agent refuses the task or gives up', () => {
    const judge = new TurnJudge(false);

    expect(() => judge.judgeTurn({ stopReason: 'refusal', text: 'No.' })).toThrow('refused');
    expect(() => judge.judgeTurn({ stopReason: 'end_turn', text: 'CANNOT: no access' })).toThrow(
      'the agent gave up: no access',
    );
  });

  test('lets people decide when an interactive task is given up', () => {
    const judge = new TurnJudge(true);

    expect(judge.judgeTurn({ stopReason: 'end_turn', text: 'CANNOT: no access' })).toBeUndefined();
  });
});
