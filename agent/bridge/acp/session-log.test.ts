import { expect, test } from 'vitest';
import type { TranscriptEntry } from '../../../core/contract/attempt.ts';
import { Transcript } from '../control/transcript.ts';
import { SessionLog } from './session-log.ts';

function createLog() {
  const entries: TranscriptEntry[] = [];
  const sendChunk = async (chunk: { readonly entries: TranscriptEntry[] }) => {
    entries.push(...chunk.entries);
  };
  const transcript = new Transcript(
    sendChunk,
    (text) => text,
    () => 0,
  );
  return { entries, transcript, log: new SessionLog(transcript) };
}

function createMessageUpdate(text: string) {
  return {
    sessionUpdate: 'agent_message_chunk' as const,
    content: { type: 'text' as const, text },
  };
}

test('a tool call and its updates become one transcript entry with status, title, input and output', async () => {
  const { entries, transcript, log } = createLog();
  log.addUpdate({
    sessionUpdate: 'tool_call',
    toolCallId: '1',
    title: 'run',
    rawInput: { command: 'ls' },
  });
  log.addUpdate({ sessionUpdate: 'tool_call_update', toolCallId: '1', rawOutput: 'a.txt' });
  log.addUpdate({ sessionUpdate: 'tool_call_update', toolCallId: '1', status: 'failed' });
  await transcript.flush();

  expect(entries.map((entry) => entry.text)).toEqual(['failed: run\n{"command":"ls"}\na.txt']);
  expect(log.workLog).toEqual(['run (failed)']);
});

test('lastText contains the text after the last tool call of the turn', () => {
  const { log } = createLog();
  log.addUpdate(createMessageUpdate('Let me look.'));
  log.addUpdate({
    sessionUpdate: 'tool_call',
    toolCallId: '1',
    title: 'read',
    status: 'completed',
  });
  log.addUpdate(createMessageUpdate('All '));
  log.addUpdate(createMessageUpdate('done.'));

  expect(log.lastText).toBe('All done.');
  log.startTurn();
  expect(log.lastText).toBe('');
});

test('eight equal tool calls in a row are reported as a loop, although their ids differ', () => {
  const { log } = createLog();
  const loopMessages = Array.from({ length: 8 }, (_, index) =>
    log.addUpdate({
      sessionUpdate: 'tool_call',
      toolCallId: String(index),
      title: 'read',
      rawInput: { path: 'a' },
      status: 'completed',
    }),
  ).map((summary) => summary.loopMessage);

  expect(loopMessages.filter((message) => message !== undefined)).toHaveLength(1);
  expect(log.workLog).toEqual(['read']);
});
