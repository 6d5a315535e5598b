import { describe, expect, test } from 'vitest';
import { answerChat } from './answer-chat.ts';
import { chatRequestSchema } from './conversation.ts';
import { DEMO_COMPLEX_PROMPT, DEMO_SIMPLE_PROMPT } from './demo-prompt.ts';
import { DEMO_TASKS, findDemoTask } from './demo-tasks.ts';
import { createFlavour } from './flavour.ts';

const TOOLS = [{ function: { name: 'read_file' } }];

function askModel(messages: object[], seed?: number) {
  const request = chatRequestSchema.parse({ model: 'scripted-model', messages, tools: TOOLS });
  return answerChat(request, createFlavour(seed));
}

function requestPlan(seed?: number): string {
  const asked = `${DEMO_COMPLEX_PROMPT}\nAnswer {"tasks": [{"dependsOn": []}]}`;
  const reply = askModel([{ role: 'user', content: asked }], seed);
  return 'text' in reply ? reply.text : '';
}

describe('tasks', () => {
  test('are each known by their own description only', () => {
    for (const task of DEMO_TASKS) {
      const known = DEMO_TASKS.filter(({ phrase }) => phrase.test(task.description));
      expect(known.map(({ key }) => key)).toEqual([task.key]);
    }
    expect(findDemoTask(DEMO_SIMPLE_PROMPT)?.key).toBe('thousands');
    expect(findDemoTask(DEMO_COMPLEX_PROMPT)).toBeUndefined();
  });

  test('have other ids, titles and another order when shuffled, the same for a seed', () => {
    expect(requestPlan(7)).toBe(requestPlan(7));
    expect(requestPlan(7)).not.toBe(requestPlan(1));
    expect(requestPlan(1)).not.toBe(requestPlan());
  });

  test('are not taken from what is quoted of others', () => {
    const prompt = `# Task: x\n\nDo the laundry.\n\n## What this builds on\n\n${DEMO_TASKS[0]?.description}`;

    expect(askModel([{ role: 'user', content: prompt }])).toMatchObject({
      text: expect.stringMatching(/^CANNOT: the scripted model knows/),
    });
  });
});

describe('the agent', () => {
  const prompt = { role: 'user', content: `# Task: names\n\n${DEMO_TASKS[0]?.description}` };

  function called(id: string, name: string, input: unknown) {
    const call = { id, function: { name, arguments: JSON.stringify(input) } };
    return { role: 'assistant', content: null, tool_calls: [call] };
  }

  test('looks before it reads, and reads before it writes', () => {
    const first = askModel([prompt]);
    expect(first).toMatchObject({ calls: [{ name: 'list_files', input: {} }] });

    const listed = [
      prompt,
      called('a', 'list_files', {}),
      { role: 'tool', tool_call_id: 'a', content: 'src/' },
    ];
    expect(askModel(listed)).toMatchObject({
      calls: [{ name: 'read_file' }, { name: 'read_file' }],
    });
  });

  test('makes a call again whose output was lost with a broken-off turn', () => {
    const broken = [
      prompt,
      called('a', 'list_files', {}),
      { role: 'tool', tool_call_id: 'a', content: 'cancelled' },
      { role: 'user', content: 'go on' },
    ];

    expect(askModel(broken)).toMatchObject({ calls: [{ name: 'list_files' }] });
  });
});
