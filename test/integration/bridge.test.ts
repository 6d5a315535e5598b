import { existsSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import type { AttemptResult } from '../../core/contract/attempt.ts';
import { BRANCH, type Stage, setStage } from '../support/bridge-stage.ts';
import { git } from '../support/git.ts';

let stage: Stage;
afterEach(() => stage.close());

function done(result: AttemptResult | undefined) {
  if (result?.outcome !== 'done') throw new Error(`not done: ${JSON.stringify(result)}`);
  return result;
}

test('a task is done, verified and pushed to the branch of its attempt', async () => {
  stage = await setStage({ 'README.md': 'sample\n' });

  const bridge = await stage.start([
    [
      { tool: 'write login.txt' },
      { write: 'login.txt', content: 'yes\n' },
      { model: '/chat/completions', stream: true },
      { say: 'Wrote the login.' },
    ],
  ]);
  const end = await bridge.ended;

  expect(end).toMatchObject({ code: 0 });
  expect(stage.server.faults).toEqual([]);
  const result = done(stage.server.results[0]);
  expect(await stage.remote.head(BRANCH)).toBe(result.commit);
  expect(result.evidence).toMatchObject({
    commit: result.commit,
    root: stage.assignment.repository.root,
    green: true,
    empty: false,
  });
  expect(result.changed).toEqual(['login.txt']);
  expect(result.summary).toBe('Wrote the login.');
  expect(result.workLog).toEqual(['write login.txt']);
  expect(result.usage).toEqual({ inputTokens: 100, outputTokens: 10, usd: 0.00012, turns: 1 });
  expect(stage.server.checkpoints[0]?.commit).toBe(result.commit);
  expect(await git(stage.remote.directory, ['log', '-1', '--format=%an <%ae> %s', BRANCH])).toBe(
    'Gang <gang@example.com> Add the login',
  );
  expect(existsSync(stage.workDir)).toBe(false);
});
