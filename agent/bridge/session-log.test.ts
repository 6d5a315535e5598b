import { expect, test } from 'vitest';
import type { TranscriptEntry } from '../../core/contract/attempt.ts';
import { SessionLog } from './session-log.ts';
import { Transcript } from './transcript.ts';

function setLog() {
  const entries: TranscriptEntry[] = [];
  const send = async (chunk: { entries: TranscriptEntry[] }) => {
    entries.push(...chunk.entries);
  };
  const transcript = new Transcript(
    send,
    (text) => text,
    () => 0,
  );
  return { entries, transcript, log: new SessionLog(transcript) };
}

function say(text: string) {
  return {
    sessionUpdate: 'agent_message_chunk' as const,
    content: { type: 'text' as const, text },
  };
}

test('a tool shows its input and output, joined from call and updates', async () => {
  const { entries, transcript, log } = setLog();
  log.add({
    sessionUpdate: 'tool_call',
    toolCallId: '1',
    title: 'run',
    rawInput: { command: 'ls' },
  });
  log.add({ sessionUpdate: 'tool_call_update', toolCallId: '1', rawOutput: 'a.txt' });
  log.add({ sessionUpdate: 'tool_call_update', toolCallId: '1', status: 'failed' });
  await transcript.flush();

  expect(entries.map((entry) => entry.text)).toEqual(['failed: run\n{"command":"ls"}\na.txt']);
  expect(log.workLog).toEqual(['run (failed)']);
});

test('the summary is what is said after the last tool', () => {
  const { log } = setLog();
  log.add(say('Let me look.'));
  log.add({ sessionUpdate: 'tool_call', toolCallId: '1', title: 'read', status: 'completed' });
  log.add(say('All '));
  log.add(say('done.'));

  expect(log.text).toBe('All done.');
  log.newTurn();
  expect(log.text).toBe('');
});

test('equal calls in a row are found, whatever their ids', () => {
  const { log } = setLog();
  const loops = Array.from({ length: 8 }, (_each, i) =>
    log.add({
      sessionUpdate: 'tool_call',
      toolCallId: String(i),
      title: 'read',
      rawInput: { path: 'a' },
      status: 'completed',
    }),
  ).map((seen) => seen.loop);

  expect(loops.filter((loop) => loop !== undefined)).toHaveLength(1);
  expect(log.workLog).toEqual(['read']);
});
