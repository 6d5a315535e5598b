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

  test('continues an empty turn once and then fails an attempt without a commit', () => {
    const judge = new TurnJudge(false);
    const turn = { stopReason: 'end_turn', isEmpty: true } as const;
    const work = { hasChanged: false, hasCommit: false };

    expect(judge.judgeEmptyTurn(turn, work)).toBe(CONTINUE_PROMPT);
    expect(() => judge.judgeEmptyTurn(turn, work)).toThrow('without a word and without a change');
  });

  test('continues an empty turn once, and then accepts earlier commits of the attempt', () => {
    const judge = new TurnJudge(false);
    const turn = { stopReason: 'end_turn', isEmpty: true } as const;
    const work = { hasChanged: false, hasCommit: true };

    expect([1, 2].map(() => judge.judgeEmptyTurn(turn, work))).toEqual([
      CONTINUE_PROMPT,
      undefined,
    ]);
  });

  test('does not count a turn with a text, a tool call or a change as empty', () => {
    const judge = new TurnJudge(false);
    const work = { hasChanged: false, hasCommit: false };
    const empty = { stopReason: 'end_turn', isEmpty: true } as const;

    expect(judge.judgeEmptyTurn({ ...empty, isEmpty: false }, work)).toBeUndefined();
    expect(judge.judgeEmptyTurn(empty, { ...work, hasChanged: true })).toBeUndefined();
  });

  test('lets people decide when an interactive task is given up', () => {
    const judge = new TurnJudge(true);

    expect(judge.judgeTurn({ stopReason: 'end_turn', text: 'CANNOT: no access' })).toBeUndefined();
  });
});
