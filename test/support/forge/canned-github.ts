import { createServer } from 'node:http';
import { createGitHubForge } from '../../../adapters/github/create-github-forge.ts';
import type { Forge } from '../../../core/port/forge.ts';
import { listenOnLoopback } from '../../../local/listen-on-loopback.ts';

// A fake GitHub API: the real client receives the answer that a test has set for a method and path, and 404 for all other
// requests.

/** Canned HTTP response. Default status: 200. */
export type GitHubAnswer = {
  readonly status?: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};
/** Answers by method and path, such as `GET /user`; the query is ignored. */
export type GitHubAnswers = Record<string, GitHubAnswer>;

/** The running fake API with a client. */
export type CannedGitHub = {
  readonly forge: Forge;
  /** A test may change the answers while the server runs. */
  readonly answers: GitHubAnswers;
  /** Method, path and query of each request. */
  readonly requests: string[];
  advanceClock(ms: number): void;
  close(): Promise<void>;
};

/** GitHub's answer to a fine-grained token that lacks a permission. */
export const FORBIDDEN_ANSWER: GitHubAnswer = {
  status: 403,
  body: { message: 'Resource not accessible by personal access token', status: '403' },
};

export async function startCannedGitHub(answers: GitHubAnswers): Promise<CannedGitHub> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const { method = '', url = '' } = request;
    requests.push(`${method} ${url}`);
    const answer = answers[`${method} ${url.split('?')[0]}`];
    const {
      status = 200,
      body,
      headers,
    } = answer ?? { status: 404, body: { message: 'Not Found' } };
    request.resume();
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  });
  const port = await listenOnLoopback(server, 0);
  let clockOffsetMs = 0;
  return {
    forge: createGitHubForge({
      baseUrl: `http://127.0.0.1:${port}`,
      auth: { token: 'github_pat_of_the_test' },
      now: () => Date.now() + clockOffsetMs,
    }),
    answers,
    requests,
    advanceClock: (ms) => {
      clockOffsetMs += ms;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
