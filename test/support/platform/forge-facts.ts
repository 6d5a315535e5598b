import { expect } from 'vitest';
import { z } from 'zod';
import type { PlatformEndpoints } from './platform-endpoints.ts';

// Facts about pull requests, read from the forge.

const pullSchema = z.object({
  number: z.number(),
  title: z.string(),
  body: z.string().nullable(),
  state: z.enum(['open', 'closed']),
  draft: z.boolean(),
  merged_at: z.string().nullable(),
  merge_commit_sha: z.string().nullable(),
  head: z.object({ ref: z.string(), sha: z.string() }),
  base: z.object({ ref: z.string() }),
  labels: z.array(z.object({ name: z.string() })),
});
/** Pull request as the API of the forge returns it. */
export type PullFacts = z.infer<typeof pullSchema>;

export function listPulls(
  platform: Pick<PlatformEndpoints, 'forgeList'>,
  repo: string,
): Promise<PullFacts[]> {
  return platform.forgeList(`/api/v3/repos/${repo}/pulls?state=all`, pullSchema);
}

/** Pull requests of a run. `tasks` holds the pull requests by branch name without the prefix of the run, such as `t/login`. */
export type RunPulls = {
  readonly root: PullFacts | undefined;
  readonly tasks: Map<string, PullFacts[]>;
};

export async function listRunPulls(
  platform: Pick<PlatformEndpoints, 'forgeList'>,
  repo: string,
  plan: string,
  run = 1,
): Promise<RunPulls> {
  const prefix = `smol-gang/${plan}-r${run}/`;
  const runPulls = (await listPulls(platform, repo)).filter((pull) =>
    pull.head.ref.startsWith(prefix),
  );
  const tasks = new Map<string, PullFacts[]>();
  for (const pull of runPulls) {
    const name = pull.head.ref.slice(prefix.length);
    if (name === 'root') continue;
    tasks.set(name, [...(tasks.get(name) ?? []), pull]);
  }
  return { root: runPulls.find((pull) => pull.head.ref === `${prefix}root`), tasks };
}

/** Requires that each of `tasks` has a single, merged pull request, and no other task except `end` has a pull request. */
export async function requireOnePullPerTask(
  platform: Pick<PlatformEndpoints, 'forgeList'>,
  repo: string,
  plan: string,
  tasks: readonly string[],
  run = 1,
): Promise<RunPulls> {
  const pulls = await listRunPulls(platform, repo, plan, run);
  const work = [...pulls.tasks].filter(([name]) => !name.startsWith('t/end'));
  expect(work.map(([name]) => name).sort()).toEqual(tasks.map((task) => `t/${task}`).sort());
  for (const [name, taskPulls] of work) {
    expect(taskPulls, `pull requests of ${name}`).toHaveLength(1);
    expect(taskPulls[0]?.merged_at, `${name} is merged`).not.toBeNull();
  }
  return pulls;
}
