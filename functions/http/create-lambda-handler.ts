import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Clock, Log } from '../../core/port/runtime.ts';
import { answerError } from './answer-error.ts';
import type { HttpApp } from './create-app.ts';
import { createInvalidRequestError } from './validate-input.ts';

// Between API Gateway's HTTP events (payload version 2) and the app's Request and Response. Own rather than hono's adapter:
// that one answers a GET with a body, an odd header or an odd host in plain text, past every rule of the app.

const DOT_SEGMENT = /(^|[/\\])(\.|%2e){1,2}([/\\]|$)/i;

export type LambdaHttpHandler = (
  event: APIGatewayProxyEventV2,
) => Promise<APIGatewayProxyStructuredResultV2>;

export function createLambdaHandler(
  app: HttpApp,
  options: { readonly log: Log; readonly clock: Clock },
): LambdaHttpHandler {
  return async (event) => {
    const { requestId } = event.requestContext;
    const response = await respondToEvent(app, event).catch((error: unknown) =>
      answerError(error, requestId, options),
    );
    return {
      statusCode: response.status,
      headers: Object.fromEntries(response.headers),
      body: await response.text(),
      isBase64Encoded: false,
    };
  };
}

async function respondToEvent(app: HttpApp, event: APIGatewayProxyEventV2): Promise<Response> {
  const { requestId, http } = event.requestContext;
  const edge = { requestId, sourceAddress: http.sourceIp, body: decodeBody(event) };
  return app.fetch(toRequest(event), edge);
}

function toRequest(event: APIGatewayProxyEventV2): Request {
  // A URL would take these away, and the task ".." of a plan would be the plan itself.
  if (DOT_SEGMENT.test(event.rawPath))
    throw createInvalidRequestError([
      { in: 'path', path: '', message: 'has "." or ".." between slashes' },
    ]);
  const query = event.rawQueryString === '' ? '' : `?${escapeText(event.rawQueryString, /[#]/g)}`;
  // The gateway may have decoded the path: what would end it or be dropped by a URL is written out again.
  const url = `https://api.invalid${escapeText(event.rawPath, /[?#\\]/g)}${query}`;
  try {
    const { method } = event.requestContext.http;
    return new Request(url, { method, headers: toHeaders(event) });
  } catch {
    throw createInvalidRequestError([
      { in: 'header', path: '', message: 'is not a usable HTTP request' },
    ]);
  }
}

function toHeaders(event: APIGatewayProxyEventV2): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(event.headers)) {
    if (value !== undefined) headers.set(name, value);
  }
  return headers;
}

function decodeBody(event: APIGatewayProxyEventV2): Uint8Array {
  return Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
}

function escapeText(text: string, special: RegExp): string {
  return text.replace(special, encodeURIComponent).replace(/[^\x21-\x7e]/gu, encodeCharacter);
}

function encodeCharacter(character: string): string {
  return encodeURIComponent(character.isWellFormed() ? character : '\ufffd');
}
