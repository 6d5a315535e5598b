import type { IncomingMessage, ServerResponse } from 'node:http';

/** Answers a browser at the root with a short introduction; returns false for any other request. */
export function answerFrontPage(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.url !== '/' || (request.method !== 'GET' && request.method !== 'HEAD')) return false;
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : PAGE);
  return true;
}

const PAGE = `<!doctype html>
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
<p>Next: <code>smol-gang run --repo . --prompt "..."</code>, <code>smol-gang status</code> or <code>smol-gang help</code>.</p>
</html>
`;
