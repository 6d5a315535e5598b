import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import { formatGit, quoteShell } from '../../../core/base/quote-shell.ts';
import type { ForgeContext, ForgeEnv } from '../forge-context.ts';
import { listCommits } from '../git/read-commit.ts';
import { readPatch } from '../git/read-patch.ts';
import { findMergeBase } from '../git/relate-commits.ts';
import { readNumberParam, readParam } from '../http.ts';
import type { HttpError } from '../http-error.ts';
import { notFound } from '../http-error.ts';
import type { Html } from '../page/layout.ts';
import { renderCommand, renderPage, renderPatch } from '../page/layout.ts';
import { renderMarkdown } from '../page/render-markdown.ts';
import { listPullFiles } from '../pull/list-pull-files.ts';
import { refreshPull } from '../pull/refresh-pull.ts';
import { findPullByNumber, listPulls } from '../store/pull-store.ts';
import { findRepositoryByName, listRepositories } from '../store/repository-store.ts';
import type { PullRow, RepositoryRow } from '../store/row-schema.ts';

// Read-only pages, so that a person can open every printed link in a browser. Text from agents and models is untrusted, so the
// templates escape all text, and the content security policy forbids scripts.

const MAX_LISTED_PULLS = 100;
const MAX_LISTED_COMMITS = 200;
const MAX_PATCH_BYTES = 1_000_000;

export function addPageRoutes(app: Hono<ForgeEnv>, context: ForgeContext): void {
  app.use('*', async (c, next) => {
    await next();
    c.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'");
    c.header('x-content-type-options', 'nosniff');
    c.header('x-frame-options', 'DENY');
  });
  app.get('/', (c) => c.html(renderPage('Repositories', renderRepositories(context))));
  for (const path of ['/:owner/:repo', '/:owner/:repo/pulls'])
    app.get(path, (c) => {
      const repository = requireRepository(context, c);
      return c.html(renderPage(repository.name, renderRepository(context, repository)));
    });
  for (const view of ['', 'files', 'commits'] as const)
    app.get(`/:owner/:repo/pull/:number${view === '' ? '' : `/${view}`}`, async (c) => {
      const repository = requireRepository(context, c);
      const pull = await readPull(context, repository, readNumberParam(c, 'number'));
      const content = await renderPullView(context, repository, pull, view);
      return c.html(renderPage(`#${pull.number} ${pull.title}`, content));
    });
}

/** Answers a browser with a page for an error; undefined: the client is a program, which expects JSON. */
export function answerErrorPage(c: Context<ForgeEnv>, error: HttpError): Response | undefined {
  const accept = c.req.header('accept') ?? '';
  if (c.req.method !== 'GET' || !accept.includes('text/html')) return undefined;
  const title = error.status === 404 ? 'This page does not exist' : `Error ${error.status}`;
  const page = renderPage(
    title,
    html`<p>${error.message}</p><p><a href="/">All repositories</a></p>`,
  );
  return new Response(String(page), {
    status: error.status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
      'x-content-type-options': 'nosniff',
    },
  });
}

function renderRepositories(context: ForgeContext): Html {
  const items = listRepositories(context.database).map(
    (repository) =>
      html`<li><a href="/${repository.name}">${repository.name}</a> <span class="quiet">${getFolder(repository)}</span></li>`,
  );
  return html`
    <p>The local forge of smol-gang holds the pull requests of repositories on this machine. Commits and branches are in the repositories themselves.</p>
    <ul>${items}</ul>
    ${items.length === 0 ? html`<p>No repository is linked. Link one with:</p>${renderCommand('smol-gang repo link PATH')}` : ''}
    <p class="quiet">Plans and tasks: <code>smol-gang status</code></p>`;
}

function renderRepository(context: ForgeContext, repository: RepositoryRow): Html {
  const order = { state: 'all', sort: 'created', ascending: false } as const;
  const page = { offset: 0, limit: MAX_LISTED_PULLS };
  const items = listPulls(context.database, repository.id, order, page).map(
    (pull) =>
      html`<li><a href="${toPullPath(repository, pull)}">#${pull.number} ${pull.title}</a> <span class="quiet">${toDisplayedState(pull)}</span></li>`,
  );
  return html`
    <p><a href="/">Repositories</a> <span class="quiet">${getFolder(repository)} · default branch ${repository.default_branch}</span></p>
    <h2>Pull requests</h2>
    ${items.length === 0 ? html`<p>There is no pull request yet.</p>` : html`<ul>${items}</ul>`}`;
}

async function readPull(
  context: ForgeContext,
  repository: RepositoryRow,
  number: number,
): Promise<PullRow> {
  const storedPull = findPullByNumber(context.database, repository.id, number);
  if (storedPull === undefined) throw notFound();
  return refreshPull(context, repository, storedPull);
}

async function renderPullView(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: PullRow,
  view: '' | 'files' | 'commits',
): Promise<Html> {
  const path = toPullPath(repository, pull);
  const head = html`
    <p><a href="/${repository.name}">${repository.name}</a> <b>${toDisplayedState(pull)}</b> by ${pull.author}:
      <code>${pull.head}</code> (${pull.head_sha.slice(0, 10)}) into <code>${pull.base}</code>
      ${pull.labels.map((label) => html`<span class="label">${label}</span> `)}</p>
    <nav><a href="${path}">Description</a><a href="${path}/files">Changes</a><a href="${path}/commits">Commits</a></nav>`;
  if (view === 'files') return html`${head}${await renderFiles(context, repository, pull)}`;
  if (view === 'commits') return html`${head}${await renderCommits(context, repository, pull)}`;
  return html`${head}${renderMerge(repository, pull)}${renderMarkdown(pull.body)}`;
}

/** Renders how a person merges an open pull request: with git, because the forge has no button. */
function renderMerge(repository: RepositoryRow, pull: PullRow): Html {
  if (pull.state !== 'open') return html``;
  const git = formatGit(getFolder(repository));
  const command = `${git} switch ${quoteShell(pull.base)} && ${git} merge ${quoteShell(pull.head)}`;
  const note = pull.draft ? 'This draft is not complete yet. ' : '';
  return html`<p>${note}Merge it in the repository; smol-gang notices the merge:</p>${renderCommand(command)}`;
}

async function renderFiles(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: PullRow,
): Promise<Html> {
  const files = await listPullFiles(context, repository, pull);
  const rows = files.map(
    (file) =>
      html`<tr><td><code>${file.path}</code></td><td>${file.status}</td><td>+${file.additions}</td><td>-${file.deletions}</td></tr>`,
  );
  const git = context.openGit(repository);
  const from = (await findMergeBase(git, pull.base_sha, pull.head_sha)) ?? pull.base_sha;
  const { text, truncated } = await readPatch(git.gitDir, from, pull.head_sha, MAX_PATCH_BYTES);
  const range = `${from.slice(0, 12)}...${pull.head_sha.slice(0, 12)}`;
  const command = `${formatGit(getFolder(repository))} diff ${range}`;
  return html`
    <h2>${files.length} changed files</h2>
    <table>${rows}</table>
    ${truncated ? html`<p>The changes are longer than this page shows. All of them:</p>${renderCommand(command)}` : ''}
    ${renderPatch(text)}`;
}

async function renderCommits(
  context: ForgeContext,
  repository: RepositoryRow,
  pull: PullRow,
): Promise<Html> {
  const git = context.openGit(repository);
  const range = [`${pull.base_sha}..${pull.head_sha}`];
  const rows = (await listCommits(git, range, MAX_LISTED_COMMITS)).map(
    (commit) =>
      html`<tr><td><code>${commit.sha.slice(0, 10)}</code></td><td>${commit.message.split('\n')[0]}</td><td class="quiet">${commit.author.name} · ${commit.author.date}</td></tr>`,
  );
  return html`<h2>Commits, newest first</h2><table>${rows}</table>`;
}

/** Returns the folder for git commands: the work tree around a `.git` folder, or the bare repository. */
function getFolder({ git_dir: gitDir }: RepositoryRow): string {
  return gitDir.replace(/\/\.git$/, '');
}

function toPullPath(repository: RepositoryRow, pull: PullRow): string {
  return `/${repository.name}/pull/${pull.number}`;
}

function toDisplayedState(pull: PullRow): string {
  if (pull.merged_at !== null) return 'merged';
  if (pull.state === 'closed') return 'closed';
  return pull.draft ? 'draft' : 'open';
}

function requireRepository(context: ForgeContext, c: Context<ForgeEnv>): RepositoryRow {
  const repository = findRepositoryByName(
    context.database,
    `${readParam(c, 'owner')}/${readParam(c, 'repo')}`,
  );
  if (repository === undefined) throw notFound();
  return repository;
}
