import { z } from 'zod';
import { defineTool } from './tool.ts';

/** Asks a person. */
export const askTool = defineTool({
  name: 'ask',
  description:
    'Ask the person behind this task. Only when the task cannot be done without the answer; `default` is used when no person answers.',
  kind: 'other',
  asksPermission: false,
  parameters: z.object({
    question: z.string().min(1).max(4_000),
    options: z.array(z.string().min(1).max(400)).max(20).default([]),
    default: z.string().min(1).max(4_000),
  }),
  title: (input) => `Ask: ${input.question}`,
  run: (input, context) => context.askQuestion(input),
});
