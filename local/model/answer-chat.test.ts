import { describe, expect, test } from 'vitest';
import { answerChat } from './answer-chat.ts';
import { chatRequestSchema } from './conversation.ts';
import { DEMO_COMPLEX_PROMPT, DEMO_SIMPLE_PROMPT } from './demo-prompt.ts';
import { DEMO_TASKS, findDemoTask } from './demo-tasks.ts';
import { createVariations } from './variations.ts';

const TOOLS = [{ function: { name: 'read_file' } }];

function askModel(messages: object[], seed?: number) {
  const request = chatRequestSchema.parse({ model: 'scripted-model', messages, tools: TOOLS });
  return answerChat(request, createVariations(seed));
}

function requestPlan(seed?: number): string {
  const prompt = `${DEMO_COMPLEX_PROMPT}\nAnswer {"tasks": [{"dependsOn": []}]}`;
  const reply = askModel([{ role: 'user', content: prompt }], seed);
  return 'text' in reply ? reply.text : '';
}

describe('DEMO_TASKS', () => {
  test('each description identifies only its own task', () => {
    for (const task of DEMO_TASKS) {
      const matches = DEMO_TASKS.filter(({ phrase }) => phrase.test(task.description));
      expect(matches.map(({ key }) => key)).toEqual([task.key]);
    }
    expect(findDemoTask(DEMO_SIMPLE_PROMPT)?.key).toBe('thousands');
    expect(findDemoTask(DEMO_COMPLEX_PROMPT)).toBeUndefined();
  });

  test('a plan is equal for equal seeds, and differs for different seeds and without a seed', () => {
    expect(requestPlan(7)).toBe(requestPlan(7));
    expect(requestPlan(7)).not.toBe(requestPlan(1));
    expect(requestPlan(1)).not.toBe(requestPlan());
  });

  test('a quotation from another task does not identify that task', () => {
    const prompt = `# Task: x\n\nDo the laundry.\n\n## What this builds on\n\n${DEMO_TASKS[0]?.description}`;

    expect(askModel([{ role: 'user', content: prompt }])).toMatchObject({
      text: expect.stringMatching(/^CANNOT: the scripted model can work/),
    });
  });
});

describe('the scripted agent', () => {
  const prompt = { role: 'user', content: `# Task: names\n\n${DEMO_TASKS[0]?.description}` };

  function createCallMessage(id: string, name: string, input: unknown) {
    const call = { id, function: { name, arguments: JSON.stringify(input) } };
    return { role: 'assistant', content: null, tool_calls: [call] };
  }

  test('lists files before it reads, and reads before it writes', () => {
    const first = askModel([prompt]);
    expect(first).toMatchObject({ calls: [{ name: 'list_files', input: {} }] });

    const afterListing = [
      prompt,
      createCallMessage('a', 'list_files', {}),
      { role: 'tool', tool_call_id: 'a', content: 'src/' },
    ];
    expect(askModel(afterListing)).toMatchObject({
      calls: [{ name: 'read_file' }, { name: 'read_file' }],
    });
  });

  test('repeats a call whose output was lost in a cancelled turn', () => {
    const afterCancelledTurn = [
      prompt,
      createCallMessage('a', 'list_files', {}),
      { role: 'tool', tool_call_id: 'a', content: 'cancelled' },
      { role: 'user', content: 'go on' },
    ];

    expect(askModel(afterCancelledTurn)).toMatchObject({ calls: [{ name: 'list_files' }] });
  });
});
