import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/** HTTP request of a test. */
export type HttpInput = {
  readonly method: string;
  /** Path of the request line, without the query. */
  readonly path: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** True to encode the body in base64, as the gateway does for binary types; always for a Uint8Array. */
  readonly base64?: boolean;
  readonly sourceIp?: string;
};

/** Creates the event of API Gateway's HTTP API, payload version 2. */
export function createLambdaHttpEvent(input: HttpInput): APIGatewayProxyEventV2 {
  const { method, path, query = '', body } = input;
  const base64 = input.base64 === true || body instanceof Uint8Array;
  const headers = lowerCaseNames({ host: 'api.example.org', ...input.headers });
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query,
    headers,
    requestContext: {
      accountId: '000000000000',
      apiId: 'api',
      domainName: 'api.example.org',
      domainPrefix: 'api',
      http: {
        method,
        path,
        protocol: 'HTTP/1.1',
        sourceIp: input.sourceIp ?? '192.0.2.1',
        userAgent: 'test',
      },
      requestId: randomUUID(),
      routeKey: '$default',
      stage: '$default',
      time: '01/Jan/2030:00:00:00 +0000',
      timeEpoch: 0,
    },
    ...(body === undefined
      ? {}
      : { body: base64 ? Buffer.from(body).toString('base64') : String(body) }),
    isBase64Encoded: base64,
  };
}

/** Creates a JSON request with its content type; `headers` take precedence. */
export function createJsonInput(
  method: string,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpInput {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { method, path, body: text, headers: { 'content-type': 'application/json', ...headers } };
}

function lowerCaseNames(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
