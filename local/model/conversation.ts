import { z } from 'zod';

// A chat/completions conversation as the scripted model looks at it.

const messageSchema = z.object({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
  content: z
    .union([
      z.string(),
      z
        .array(z.looseObject({ text: z.string().default('') }))
        .transform((parts) => parts.map((part) => part.text).join('\n')),
    ])
    .nullish()
    .transform((content) => content ?? ''),
  tool_call_id: z.string().optional(),
  tool_calls: z
    .array(
      z.object({
        id: z.string(),
        function: z.object({ name: z.string(), arguments: z.string() }),
      }),
    )
    .nullish(),
});

export const chatRequestSchema = z.object({
  model: z.string(),
  messages: z.array(messageSchema).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  tools: z.array(z.object({ function: z.object({ name: z.string() }) })).nullish(),
});
export type ChatRequest = z.infer<typeof chatRequestSchema>;
type Message = ChatRequest['messages'][number];

/** A call that was made, with what came back. */
export type DoneCall = {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly output: string;
};

export function readUserMessages(messages: readonly Message[]): string[] {
  return messages.filter(({ role }) => role === 'user').map(({ content }) => content);
}

/** In order; a call without an answer yet is not among them. */
export function collectDoneCalls(messages: readonly Message[]): DoneCall[] {
  const outputs = new Map(messages.map((message) => [message.tool_call_id ?? '', message.content]));
  const calls = messages.flatMap((message) => message.tool_calls ?? []);
  return calls.flatMap(({ id, function: called }) => {
    const output = outputs.get(id);
    if (output === undefined) return [];
    return [{ name: called.name, input: parseInput(called.arguments), output }];
  });
}

function parseInput(text: string): Record<string, unknown> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Text of a file as it was read last; undefined when it was not, or is not there. */
export function findReadContent(calls: readonly DoneCall[], path: string): string | undefined {
  const read = calls.findLast((call) => call.name === 'read_file' && call.input.path === path);
  return read === undefined || read.output.startsWith('error:') ? undefined : read.output;
}
