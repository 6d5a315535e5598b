import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { findAgent } from '../../agent/bridge/acp/agent-table.ts';
import { transcriptEntrySchema } from '../../core/contract/attempt.ts';
import { renderGraph } from '../support/platform/render-graph.ts';
import { requireTask, submitPlan, waitForPlanStatus } from '../support/platform/wait-for-plan.ts';
import type { PlatformProcess } from '../support/process/platform-process.ts';
import { startPlatformProcess } from '../support/process/platform-process.ts';
import { makeE2eRepository } from '../support/workspace/e2e-repository.ts';
import { runGit } from '../support/workspace/git.ts';
import { installAgent } from './install-agent.ts';
import type { ToolModel } from './tool-model.ts';
import { startToolModel, USAGE } from './tool-model.ts';

// Published coding agents of other projects complete a task over ACP and through the model proxy, up to a merged pull request.

const MODEL_KEY = 'sk-model-key-canary-of-the-agents';
const PLAN_TIMEOUT_MS = 4 * 60_000;
const taskLogSchema = z.object({
  items: z.array(z.object({ entries: z.array(transcriptEntrySchema) })),
});

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of cleanups.splice(0).reverse()) await close();
});

async function startAgentTest(
  agent: string,
): Promise<{ readonly platform: PlatformProcess; readonly model: ToolModel }> {
  const [name = '', version = ''] = (findAgent(agent, undefined)?.testedVersion ?? '').split(' ');
  const programs = await installAgent(name, version);
  const model = await startToolModel({ path: 'src/greeting.txt', content: 'hello\n' });
  cleanups.push(() => model.close());
  const platform = await startPlatformProcess({
    model: { url: model.url, apiKey: MODEL_KEY, model: 'scripted' },
    env: {
      AGENT: agent,
      // Agents that run on Node use the same Node as this test.
      LAUNCHER_PATH: [programs, dirname(process.execPath), process.env.PATH].join(':'),
    },
  });
  cleanups.push(() => platform.close());
  return { platform, model };
}

test.each(['opencode', 'qwen-code'])(
  '%s completes a task from its prompt to a merged pull request',
  async (agent) => {
    const { platform, model } = await startAgentTest(agent);
    const repository = await makeE2eRepository(platform.workspace, 'greeting', {
      '.smol-gang.yaml': 'verify:\n  - ["grep", "-q", "hello", "src/greeting.txt"]\n',
    });
    const graph = join(platform.workspace.path, 'graph.yaml');
    const description = 'Write hello into the new file src/greeting.txt.';
    const task = { id: 'greet', title: 'Add the greeting', description, scope: ['src/'] };
    await writeFile(graph, renderGraph('A greeting', [task]));

    // The base commit lacks the file that the verify command reads.
    const options = ['--auto-approve', '--allow-red-base'];
    const plan = await submitPlan(platform, ['--plan', graph, ...options], {
      cwd: repository.path,
    });
    const snapshot = await waitForPlanStatus(platform, plan, 'complete', PLAN_TIMEOUT_MS);

    const greet = requireTask(snapshot, 'greet');
    expect(greet).toMatchObject({ status: 'merged', attempt: 1 });
    expect(greet.pullRequest?.number).toBeGreaterThan(0);
    expect(greet.usage.inputTokens).toBeGreaterThanOrEqual(2 * USAGE.prompt_tokens);
    const root = `smol-gang/${plan}-r1/root`;
    expect(await runGit(repository.path, ['show', `${root}:src/greeting.txt`])).toBe('hello');
    expect(await runGit(repository.path, ['diff', '--name-only', 'main', root])).toBe(
      'src/greeting.txt',
    );
    expect(new Set(model.requests.map(({ authorization }) => authorization))).toEqual(
      new Set([`Bearer ${MODEL_KEY}`]),
    );
    const { body } = await platform.api('GET', `/v1/plans/${plan}/tasks/greet/log`);
    const entries = taskLogSchema.parse(body).items.flatMap((chunk) => chunk.entries);
    expect(entries.map((entry) => entry.kind)).toContain('tool');
    expect(entries.map((entry) => entry.text).join('\n')).toContain('I wrote src/greeting.txt.');
  },
);
