import { createServer } from 'node:http';
import { createGitHubForge } from '../../../adapters/github/create-github-forge.ts';
import type { Forge } from '../../../core/port/forge.ts';
import { listenOnLoopback } from '../../../local/listen-on-loopback.ts';

// GitHub as a table: what a test says of a path is answered to the real client, the rest is 404.

export type GitHubAnswer = {
  readonly status?: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};
/** By method and path without the query, below the root of the interface. */
export type GitHubAnswers = Record<string, GitHubAnswer>;

export type CannedGitHub = {
  readonly forge: Forge;
  /** May be changed while it runs. */
  readonly answers: GitHubAnswers;
  /** Method, path and query of each request. */
  readonly requests: string[];
  advanceClock(ms: number): void;
  close(): Promise<void>;
};

/** What GitHub says to a fine-grained token that lacks a permission. */
export const FORBIDDEN_ANSWER: GitHubAnswer = {
  status: 403,
  body: { message: 'Resource not accessible by personal access token', status: '403' },
};

export async function startCannedGitHub(answers: GitHubAnswers): Promise<CannedGitHub> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const { method = '', url = '' } = request;
    seen.push(`${method} ${url}`);
    const found = answers[`${method} ${url.split('?')[0]}`];
    const {
      status = 200,
      body,
      headers,
    } = found ?? { status: 404, body: { message: 'Not Found' } };
    request.resume();
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  });
  const port = await listenOnLoopback(server, 0);
  let offset = 0;
  return {
    forge: createGitHubForge({
      baseUrl: `http://127.0.0.1:${port}`,
      auth: { token: 'github_pat_of_the_test' },
      now: () => Date.now() + offset,
    }),
    answers,
    requests: seen,
    advanceClock: (ms) => {
      offset += ms;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
