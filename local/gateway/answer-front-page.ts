import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Answers a browser at the root with a short introduction; returns false for any other request.
 *
 * @param forgeUrl address of the local forge; undefined: the page does not mention the forge
 */
export function answerFrontPage(
  request: IncomingMessage,
  response: ServerResponse,
  forgeUrl: string | undefined,
): boolean {
  if (request.url !== '/' || (request.method !== 'GET' && request.method !== 'HEAD')) return false;
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : renderPage(forgeUrl));
  return true;
}

/** Renders the page. The URL of the forge comes from the platform, which chose host and port. */
function renderPage(forgeUrl: string | undefined): string {
  const forge =
    forgeUrl === undefined
      ? ''
      : `<p>Pull requests of local repositories: <a href="${forgeUrl}">the forge at ${forgeUrl}</a></p>\n`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>smol-gang</title>
<style>
  :root { color-scheme: light dark }
  body { font: 16px/1.6 system-ui, sans-serif; max-width: 38rem; margin: 12vh auto; padding: 0 1.5rem }
  h1 { font-size: 1.4rem; margin-bottom: .2rem }
  p { margin: .6rem 0 }
  code { font: .95em ui-monospace, monospace; background: color-mix(in srgb, currentColor 9%, transparent); padding: .15em .4em; border-radius: .3em }
  .quiet { opacity: .7 }
</style>
<h1>smol-gang is running</h1>
<p class="quiet">One prompt in, many coding agents at work, one pull request out.</p>
<p>This address serves the HTTP API. <a href="/v1/openapi.json">OpenAPI description</a></p>
<p>Sign-in links are for the command line and work once: <code>smol-gang login '&lt;link&gt;'</code>. The checkout that started smol-gang needs no sign-in.</p>
${forge}<p>Plans: <code>smol-gang status</code> lists the plans and the command for each open decision, <code>smol-gang logs PLAN</code> shows what the agents do.</p>
<p>Next: <code>smol-gang run "..."</code> in the folder of your repository, or <code>smol-gang help</code>.</p>
</html>
`;
}
