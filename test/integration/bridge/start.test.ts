import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { AttemptEnded } from '../../../agent/bridge/attempt-error.ts';
import { sendCallback } from '../../../agent/bridge/control/send-callback.ts';
import { listenOnLoopback } from '../../../local/listen-on-loopback.ts';

// The start callback. A bridge has no lease before the answer, so a separate time limit ends the retries.

function createOptions(port: number) {
  const ended: AttemptEnded[] = [];
  const options = {
    apiUrl: `http://127.0.0.1:${port}`,
    attemptId: 'p0123456789.r1.one.1',
    token: 'token',
    signal: new AbortController().signal,
    onEnded: (error: AttemptEnded) => void ended.push(error),
  };
  return { ended, options };
}

async function startStatusServer(
  statuses: number[],
): Promise<{ readonly port: number; readonly close: () => void }> {
  const server = createServer((_request, response) => {
    response.writeHead(statuses.shift() ?? 200, { 'content-type': 'application/json' });
    response.end('{}');
  });
  const port = await listenOnLoopback(server, 0);
  const close = () => void server.close();
  onTestFinished(close);
  return { port, close };
}

test('an unanswered start callback ends the attempt after its time limit', async () => {
  const { port, close } = await startStatusServer([]);
  close();
  const { ended, options } = createOptions(port);

  const call = sendCallback(options, { callback: 'start', maxUnansweredMs: 500 });

  await expect(call).rejects.toBeInstanceOf(AttemptEnded);
  expect(ended.map(({ reason }) => reason)).toEqual(['lease']);
});

test('while the API answers with errors, the start callback is retried even beyond its time limit', async () => {
  const { port } = await startStatusServer([503, 429, 503]);
  const { ended, options } = createOptions(port);

  expect(await sendCallback(options, { callback: 'start', maxUnansweredMs: 100 })).toEqual({});
  expect(ended).toEqual([]);
});
