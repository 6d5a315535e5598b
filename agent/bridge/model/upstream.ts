import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { ModelCall } from './model-call.ts';

/** Model endpoint, and the real key, which the agent must not see. */
export type Upstream = { readonly baseUrl: string; readonly apiKey: string };

/** Sends a request with the real key. Resolves when the head of the reply has arrived; the caller reads the body. */
export function callUpstream(
  upstream: Upstream,
  call: ModelCall,
  headers: IncomingHttpHeaders,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const url = new URL(upstream.baseUrl.replace(/\/+$/, '') + call.path);
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const outgoing = send(url, {
      method: call.method,
      signal,
      headers: {
        ...selectForwardedHeaders(headers),
        ...buildKeyHeaders(upstream, call, url),
        ...buildBodyHeaders(call),
      },
    });
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
    outgoing.end(call.body);
  });
}

/** Returns the headers of the agent's request that choose a format or version of the API. */
function selectForwardedHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const selected: Record<string, string> = {};
  for (const name of ['accept', 'anthropic-version', 'anthropic-beta', 'openai-beta']) {
    const value = headers[name];
    if (typeof value === 'string') selected[name] = value;
  }
  return selected;
}

function buildKeyHeaders({ apiKey }: Upstream, call: ModelCall, url: URL): Record<string, string> {
  const bearer = { authorization: `Bearer ${apiKey}` };
  if (!call.usesMessagesApi) return bearer;
  // Gateways accept either header. The API of Anthropic takes every bearer token for an OAuth token, so requests to Anthropic contain
  // only the key.
  const isAnthropicHost = url.hostname === 'api.anthropic.com';
  return { 'x-api-key': apiKey, ...(isAnthropicHost ? {} : bearer) };
}

function buildBodyHeaders(call: ModelCall): Record<string, string> {
  if (call.method === 'GET') return {};
  return {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(call.body)),
  };
}
