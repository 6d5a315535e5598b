import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../../core/base/parse-json.ts';
import type { ChatMessage } from './chat-message.ts';

// Keeps the conversation of the last session in a file, so that a later process of the agent can resume the session.

const toolCallSchema = z.object({
  id: z.string(),
  type: z.literal('function'),
  function: z.object({ name: z.string(), arguments: z.string() }),
});

const messageSchema: z.ZodType<ChatMessage> = z.union([
  z.object({ role: z.enum(['system', 'user']), content: z.string() }),
  z.object({
    role: z.literal('assistant'),
    content: z.string().nullable(),
    tool_calls: z.array(toolCallSchema).optional(),
  }),
  z.object({ role: z.literal('tool'), tool_call_id: z.string(), content: z.string() }),
]);

const savedSessionSchema = z.object({ sessionId: z.string(), history: z.array(messageSchema) });

/** Conversation of a session, as stored in the file. */
export type SavedSession = { readonly sessionId: string; readonly history: ChatMessage[] };

/** File with the conversation of the last session. */
export type SessionFile = {
  /** Saves a conversation. Ignores errors, because the session continues without the file. */
  save(session: SavedSession): Promise<void>;
  /** Returns the conversation of a session; undefined if the file is unreadable or contains another session. */
  load(sessionId: string): Promise<SavedSession | undefined>;
};

/** Opens the file `session.json` in `folder`. The first `save` creates the folder. */
export function createSessionFile(folder: string): SessionFile {
  const path = join(folder, 'session.json');
  return {
    save: async (session) => {
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await writeFile(path, JSON.stringify(session), { mode: 0o600 });
      } catch (error) {
        process.stderr.write(`the session could not be saved: ${String(error)}\n`);
      }
    },
    load: async (sessionId) => {
      const text = await readFile(path, 'utf8').catch(() => '');
      const saved = savedSessionSchema.safeParse(parseJson(text));
      return saved.success && saved.data.sessionId === sessionId ? saved.data : undefined;
    },
  };
}
