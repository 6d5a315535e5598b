import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Clock, Log } from '../../core/port/runtime.ts';
import { answerError } from './answer-error.ts';
import type { HttpApp } from './create-app.ts';
import { createInvalidRequestError } from './validate-input.ts';

// Converts HTTP events of API Gateway (payload version 2) to the Request of the app, and converts the Response back. The adapter
// that hono provides would bypass the error format of the app: that adapter responds in plain text to a malformed header or host,
// or a GET with a body.

const DOT_SEGMENT = /(^|[/\\])(\.|%2e){1,2}([/\\]|$)/i;

/** Entry point of a function behind API Gateway. */
export type LambdaHttpHandler = (
  event: APIGatewayProxyEventV2,
) => Promise<APIGatewayProxyStructuredResultV2>;

/** Creates the entry point for an app. */
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
  const bindings = { requestId, sourceAddress: http.sourceIp, body: decodeBody(event) };
  return app.fetch(toRequest(event), bindings);
}

function toRequest(event: APIGatewayProxyEventV2): Request {
  // URL parsing would resolve dot segments: the path of a task named ".." would become the path of its plan.
  if (DOT_SEGMENT.test(event.rawPath))
    throw createInvalidRequestError([
      { in: 'path', path: '', message: 'must not contain "." or ".." as a segment' },
    ]);
  const query = event.rawQueryString === '' ? '' : `?${escapeText(event.rawQueryString, /[#]/g)}`;
  // The gateway may have decoded the path, so characters with a meaning in a URL are encoded again.
  const url = `https://api.invalid${escapeText(event.rawPath, /[?#\\]/g)}${query}`;
  try {
    const { method } = event.requestContext.http;
    return new Request(url, { method, headers: toHeaders(event) });
  } catch {
    throw createInvalidRequestError([
      { in: 'header', path: '', message: 'contains an invalid method or field' },
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

function escapeText(text: string, specialCharacters: RegExp): string {
  return text
    .replace(specialCharacters, encodeURIComponent)
    .replace(/[^\x21-\x7e]/gu, encodeCharacter);
}

function encodeCharacter(character: string): string {
  return encodeURIComponent(character.isWellFormed() ? character : '\ufffd');
}
