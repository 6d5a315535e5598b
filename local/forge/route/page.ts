import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import type { ForgeContext, ForgeEnv } from '../forge-context.ts';
import type { FileChange } from '../git/git-repository.ts';
import { readNumberParam, readParam } from '../http.ts';
import { notFound } from '../http-error.ts';
import { listPullFiles } from '../pull/list-pull-files.ts';
import { refreshPull } from '../pull/refresh-pull.ts';
import { findPullByNumber, listPulls } from '../store/pull-store.ts';
import { findRepositoryByName } from '../store/repository-store.ts';
import type { PullRow, RepositoryRow } from '../store/row-schema.ts';

// Read-only pages, so that a person can open the link of a pull request in a browser. Text from agents and models is untrusted,
// so the template escapes all text, and the content security policy forbids scripts.

const MAX_LISTED_PULLS = 100;

export function addPageRoutes(app: Hono<ForgeEnv>, context: ForgeContext): void {
  app.use('*', async (c, next) => {
    await next();
    c.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'");
    c.header('x-content-type-options', 'nosniff');
    c.header('x-frame-options', 'DENY');
  });
  app.get('/:owner/:repo', (c) => {
    const repository = requireRepository(context, c);
    const pulls = listPulls(
      context.database,
      repository.id,
      { state: 'all', sort: 'created', ascending: false },
      { offset: 0, limit: MAX_LISTED_PULLS },
    );
    const items = pulls.map(
      (pull) =>
        html`<li><a href="/${repository.name}/pull/${pull.number}">#${pull.number} ${pull.title}</a> ${toDisplayedState(pull)}</li>`,
    );
    return c.html(renderPage(repository.name, html`<ul>${items}</ul>`));
  });
  app.get('/:owner/:repo/pull/:number', async (c) => {
    const repository = requireRepository(context, c);
    const storedPull = findPullByNumber(
      context.database,
      repository.id,
      readNumberParam(c, 'number'),
    );
    if (storedPull === undefined) throw notFound();
    const pull = await refreshPull(context, repository, storedPull);
    const files = await listPullFiles(context, repository, pull);
    const content = renderPull(repository, pull, files);
    return c.html(renderPage(`#${pull.number} ${pull.title}`, content));
  });
}

function renderPull(repository: RepositoryRow, pull: PullRow, files: readonly FileChange[]) {
  const rows = files.map(
    (file) =>
      html`<tr><td>${file.path}</td><td>${file.status}</td><td>+${file.additions}</td><td>-${file.deletions}</td></tr>`,
  );
  return html`
    <p><a href="/${repository.name}">${repository.name}</a> <b>${toDisplayedState(pull)}</b> by ${pull.author}</p>
    <p><code>${pull.head}</code> (${pull.head_sha.slice(0, 10)}) into <code>${pull.base}</code></p>
    <p>${pull.labels.map((label) => html`<span class="label">${label}</span> `)}</p>
    <pre>${pull.body}</pre>
    <h2>${files.length} changed files</h2>
    <table>${rows}</table>`;
}

function toDisplayedState(pull: PullRow): string {
  if (pull.merged_at !== null) return 'merged';
  if (pull.state === 'closed') return 'closed';
  return pull.draft ? 'draft' : 'open';
}

function renderPage(title: string, content: ReturnType<typeof html>) {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
pre { background: #f5f5f5; padding: 1rem; white-space: pre-wrap; overflow-wrap: anywhere; }
td { padding: 0.1rem 1rem 0.1rem 0; font-family: monospace; }
.label { border: 1px solid #999; border-radius: 1rem; padding: 0 0.6rem; }
</style>
</head>
<body><h1>${title}</h1>${content}</body>
</html>`;
}

function requireRepository(context: ForgeContext, c: Context<ForgeEnv>): RepositoryRow {
  const repository = findRepositoryByName(
    context.database,
    `${readParam(c, 'owner')}/${readParam(c, 'repo')}`,
  );
  if (repository === undefined) throw notFound();
  return repository;
}
