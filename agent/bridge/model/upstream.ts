import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { ModelCall } from './model-call.ts';

export type Upstream = { readonly baseUrl: string; readonly apiKey: string };

/** Sends a call with the real key. Resolves with the answer's head; its body is still to be read. */
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

/** Of the agent's own headers only those that say how the body is to be read. */
function selectForwardedHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of ['accept', 'anthropic-version', 'anthropic-beta', 'openai-beta']) {
    const value = headers[name];
    if (typeof value === 'string') kept[name] = value;
  }
  return kept;
}

function buildKeyHeaders({ apiKey }: Upstream, call: ModelCall, url: URL): Record<string, string> {
  const bearer = { authorization: `Bearer ${apiKey}` };
  if (!call.messagesApi) return bearer;
  // Gateways read either header; the API's own host takes a bearer for something else.
  const isOwnHost = url.hostname === 'api.anthropic.com';
  return { 'x-api-key': apiKey, ...(isOwnHost ? {} : bearer) };
}

function buildBodyHeaders(call: ModelCall): Record<string, string> {
  if (call.method === 'GET') return {};
  return {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(call.body)),
  };
}
