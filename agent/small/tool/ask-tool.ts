import { z } from 'zod';
import { defineTool } from './tool.ts';

/** Tool that asks a person a question and returns the answer, or the default if no person answers. */
export const askTool = defineTool({
  name: 'ask',
  description:
    'Ask a person a question about this task. Use this tool only if the task cannot be done without the answer. If no person answers, `default` is used.',
  kind: 'other',
  requiresPermission: false,
  parameters: z.object({
    question: z.string().min(1).max(4_000),
    options: z.array(z.string().min(1).max(400)).max(20).default([]),
    default: z.string().min(1).max(4_000),
  }),
  title: (input) => `Ask: ${input.question}`,
  run: (input, context) => context.askQuestion(input),
});
