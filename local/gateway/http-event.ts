import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

// Events of an HTTP API in the payload format 2.0 of API Gateway.

/** A request and its route. */
export type HttpEventInput = {
  readonly request: IncomingMessage;
  readonly body: Buffer;
  readonly routeKey: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly requestId: string;
  /** Epoch milliseconds. */
  readonly now: number;
};

/** Creates the event for a request. */
export function createHttpEvent(input: HttpEventInput): APIGatewayProxyEventV2 {
  const { request, body } = input;
  const [rawPath = '/', rawQueryString = ''] = splitUrl(request.url ?? '/');
  const { cookie, ...otherHeaders } = request.headers;
  const headers = joinHeaders(otherHeaders);
  const query = joinQuery(rawQueryString);
  const isText = isTextual(headers['content-type']);
  return {
    version: '2.0',
    routeKey: input.routeKey,
    rawPath,
    rawQueryString,
    ...(cookie === undefined ? {} : { cookies: cookie.split('; ') }),
    headers: {
      ...headers,
      'x-forwarded-for': getRemoteAddress(request),
      'x-forwarded-proto': 'http',
    },
    ...(query === undefined ? {} : { queryStringParameters: query }),
    ...(Object.keys(input.pathParameters).length === 0
      ? {}
      : { pathParameters: input.pathParameters }),
    requestContext: createRequestContext(input, rawPath, headers),
    ...(body.length === 0 ? {} : { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

function createRequestContext(
  { request, routeKey, requestId, now }: HttpEventInput,
  path: string,
  headers: Readonly<Record<string, string>>,
): APIGatewayProxyEventV2['requestContext'] {
  return {
    accountId: '000000000000',
    apiId: 'local',
    domainName: headers.host ?? 'localhost',
    domainPrefix: 'local',
    http: {
      method: request.method ?? 'GET',
      path,
      protocol: `HTTP/${request.httpVersion}`,
      sourceIp: getRemoteAddress(request),
      userAgent: headers['user-agent'] ?? '',
    },
    requestId,
    routeKey,
    stage: '$default',
    time: new Date(now).toUTCString(),
    timeEpoch: now,
  };
}

/** Splits a URL into path and query, both still encoded. */
export function splitUrl(url: string): [string, string] {
  const start = url.indexOf('?');
  return start < 0 ? [url, ''] : [url.slice(0, start), url.slice(start + 1)];
}

/** Returns the address of the caller. */
export function getRemoteAddress(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? '127.0.0.1';
}

/** Joins several values of a header with commas. */
function joinHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name] = Array.isArray(value) ? value.join(',') : value;
  }
  return joined;
}

/** Joins several values of a query parameter with commas; returns undefined without parameters. */
export function joinQuery(rawQueryString: string): Record<string, string> | undefined {
  const values = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(rawQueryString)) {
    const previous = values.get(name);
    values.set(name, previous === undefined ? value : `${previous},${value}`);
  }
  return values.size === 0 ? undefined : Object.fromEntries(values);
}

/** Returns whether a body of this type stays text in the event. As in API Gateway, other bodies (also forms) become base64. */
function isTextual(contentType: string | undefined): boolean {
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  return /^(text\/.+|application\/(json|javascript|xml)|application\/[^ ]+\+(json|xml))$/.test(
    type,
  );
}
