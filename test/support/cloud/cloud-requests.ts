export const USAGE = { inputTokens: 1, outputTokens: 1, usd: null, turns: 1 };

/** Creates the body of a request for a plan with the tasks `one` and `two`. */
export function createGraphPlan() {
  const graph = ['one', 'two'].map((id) => ({
    id,
    description: `Write ${id}.txt, with the number ${id} in it and nothing else.`,
    criteria: [`${id}.txt is there`],
    scope: [`${id}.txt`],
  }));
  // No launcher runs the check of the base commit.
  const options = { autoApprove: true, allowRedBase: true };
  return { title: 'Numbers', repositories: [{ name: 'acme/shop' }], graph, ...options };
}

/** Creates a question that times out after a minute. */
export function createQuestionBody() {
  return { id: 'q1', text: 'Really?', options: [], default: 'yes', timeoutAt: Date.now() + 60_000 };
}

/** Creates the body of the result call of a successful attempt. */
export function createResultBody(commit: string, root: string) {
  const results = [{ command: ['node', '--version'], exitCode: 0, durationMs: 1, output: '' }];
  return {
    outcome: 'done',
    commit,
    evidence: { commit, root, green: true, results, at: Date.now() },
    summary: 'Wrote it.',
    changed: ['one.txt'],
    usage: USAGE,
  };
}
