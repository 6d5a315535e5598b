import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestForge } from '../../support/forge/test-forge.ts';
import { startTestForge } from '../../support/forge/test-forge.ts';
import {
  commitFiles,
  initRepository,
  makeTemporaryDirectory,
  runGit,
} from '../../support/workspace/git.ts';

// Every link that the platform prints opens a page for a person.

const REPO = 'local/mine';
const BODY =
  '# Plan\n\n| task | state |\n| --- | --- |\n| `a` | merged |\n\n<script>alert(1)</script>';

let testForge: TestForge;
let directory: Awaited<ReturnType<typeof makeTemporaryDirectory>>;
let workTree: string;

beforeAll(async () => {
  testForge = await startTestForge();
  directory = await makeTemporaryDirectory('pages');
  workTree = join(directory.path, 'my shop');
  await initRepository(workTree);
  const main = await commitFiles(workTree, { 'a.txt': 'old\n' });
  await testForge.controlForge('POST', '/repositories', { name: REPO, path: workTree });
  await runGit(workTree, ['checkout', '--quiet', '-b', 'smol-gang/p-r1/root']);
  await commitFiles(workTree, { 'a.txt': '<b>new</b>\n' });
  await runGit(workTree, ['checkout', '--quiet', main]);
  await testForge.forge.ensurePull(REPO, {
    head: 'smol-gang/p-r1/root',
    base: 'main',
    title: 'Whole <plan>',
    body: BODY,
    draft: false,
    labels: ['smol-gang'],
  });
});
afterAll(async () => {
  await testForge.close();
  await directory.remove();
});

async function readPage(path: string, accept = 'text/html') {
  const response = await fetch(`${testForge.server.url}${path}`, { headers: { accept } });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

test.each([
  ['/', /href="\/local\/mine"[\s\S]*my shop/],
  [`/${REPO}`, /href="\/local\/mine\/pull\/1">#1 Whole &lt;plan&gt;/],
  [`/${REPO}/pulls`, /href="\/local\/mine\/pull\/1"/],
  [`/${REPO}/pull/1`, /<h2>Plan<\/h2>[\s\S]*<td><code>a<\/code><\/td><td>merged<\/td>/],
  [`/${REPO}/pull/1/files`, /class="removed">-old<[\s\S]*class="added">\+&lt;b&gt;new&lt;\/b&gt;</],
  [`/${REPO}/pull/1/commits`, /<td><code>[0-9a-f]{10}<\/code><\/td>/],
])('%s is a page without scripts', async (path, content) => {
  const page = await readPage(path);

  expect(page.status).toBe(200);
  expect(page.headers.get('content-type')).toContain('text/html');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(page.text).toMatch(content);
  expect(page.text).not.toContain('<script');
});

test('the page of an open pull request shows the command that merges', async () => {
  const { text } = await readPage(`/${REPO}/pull/1`);

  const git = `git -C &#39;${workTree}&#39;`;
  expect(text).toContain(`${git} switch main &amp;&amp; ${git} merge smol-gang/p-r1/root`);
});

test.each(['/nothing', '/local/other', `/${REPO}/pull/9`, `/${REPO}/pull/x`])(
  'the missing page %s is a page for a browser and JSON for a program',
  async (path) => {
    const page = await readPage(path);
    const json = await readPage(path, 'application/json');

    expect(page.status).toBe(404);
    expect(page.text).toMatch(/This page does not exist[\s\S]*href="\/"/);
    expect(JSON.parse(json.text)).toMatchObject({ message: 'Not Found' });
  },
);
