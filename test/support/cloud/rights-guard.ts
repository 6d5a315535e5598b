import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request } from 'node:http';
import { z } from 'zod';
import { listenOnLoopback } from '../../../local/listen-on-loopback.ts';
import type { Statement } from './cloud-template.ts';

// A proxy in front of store and queues that enforces IAM: the proxy forwards only calls that the role of the function allows.

/** Properties of an AWS call that decide whether IAM allows the call. */
export type AwsCall = {
  readonly action: string;
  /** Returns true if `resource` in a policy statement is the resource that the call uses. */
  readonly isResource: (resource: unknown) => boolean;
  /** Partition keys of the items that the call reads or writes; empty for indexes and queues. */
  readonly partitions: readonly string[];
};

/** Running proxy. */
export type RightsGuard = { readonly endpoint: string; close(): Promise<void> };

const TARGET_PATTERN = /^(DynamoDB_20120810|AmazonSQS)\.(\w+)$/;

export async function startRightsGuard(options: {
  readonly upstream: string;
  readonly statements: readonly Statement[];
  readonly findQueueId: (url: string) => string;
}): Promise<RightsGuard> {
  const server = createServer((incoming, response) => {
    void answerRequest(incoming, response, options).catch((error: unknown) => {
      response.writeHead(502).end(String(error));
    });
  });
  const port = await listenOnLoopback(server, 0);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answerRequest(
  incoming: IncomingMessage,
  response: ServerResponse,
  { upstream, statements, findQueueId }: Parameters<typeof startRightsGuard>[0],
): Promise<void> {
  const body = await readBody(incoming);
  const call = parseCall(String(incoming.headers['x-amz-target']), body.toString(), findQueueId);
  if (!statements.some((statement) => isAllowedBy(statement, call))) {
    const message = `no statement of the role allows ${call.action} ${call.partitions.join(' ')}`;
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(
      JSON.stringify({ __type: 'com.amazon.coral.service#AccessDeniedException', message }),
    );
    return;
  }
  const { method, headers, url } = incoming;
  const upstreamRequest = request(
    new URL(url ?? '/', upstream),
    { method, headers },
    (upstreamResponse) => {
      response.writeHead(upstreamResponse.statusCode ?? 502, upstreamResponse.headers);
      upstreamResponse.pipe(response);
    },
  );
  upstreamRequest.once('error', (error) => response.destroy(error));
  upstreamRequest.end(body);
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const storedKeySchema = z.object({ pk: z.object({ S: z.string() }) });
const bodySchema = z.object({
  QueueUrl: z.string().optional(),
  IndexName: z.string().optional(),
  Key: storedKeySchema.optional(),
  Item: storedKeySchema.optional(),
  KeyConditionExpression: z.string().optional(),
  ExpressionAttributeNames: z.record(z.string(), z.string()).default({}),
  ExpressionAttributeValues: z.record(z.string(), z.looseObject({})).default({}),
});
type CallBody = z.output<typeof bodySchema>;

/** Parses a call. IAM checks a batch call of SQS, such as SendMessageBatch, with the action of the single call. */
function parseCall(target: string, text: string, findQueueId: (url: string) => string): AwsCall {
  const [, service, operation = ''] = TARGET_PATTERN.exec(target) ?? [];
  const body = bodySchema.parse(JSON.parse(text));
  if (service === 'AmazonSQS') {
    const id = findQueueId(body.QueueUrl ?? '');
    return {
      action: `sqs:${operation.replace(/Batch$/, '')}`,
      isResource: (resource) => JSON.stringify(resource) === `{"Fn::GetAtt":["${id}","Arn"]}`,
      partitions: [],
    };
  }
  const isIndexCall = body.IndexName !== undefined;
  return {
    action: `dynamodb:${operation}`,
    isResource: (resource) => {
      const text = JSON.stringify(resource);
      return text.includes('FnGetAtttableTable') && text.includes('/index/*') === isIndexCall;
    },
    partitions: isIndexCall ? [] : [readPartition(body)],
  };
}

function readPartition(body: CallBody): string {
  const item = body.Key ?? body.Item;
  if (item !== undefined) return item.pk.S;
  const [, name = '', value = ''] =
    /^(#\w+) = (:\w+)/.exec(body.KeyConditionExpression ?? '') ?? [];
  const partition = body.ExpressionAttributeValues[value];
  if (body.ExpressionAttributeNames[name] !== 'pk' || partition === undefined)
    throw new Error(`found no partition in the call ${JSON.stringify(body)}`);
  return String(partition.S);
}

function isAllowedBy(statement: Statement, call: AwsCall): boolean {
  if (!statement.Action.includes(call.action)) return false;
  if (!statement.Resource.some((resource) => call.isResource(resource))) return false;
  return Object.entries(statement.Condition ?? {}).every(([test, keys]) => {
    if (test !== 'ForAllValues:StringLike')
      throw new Error(`the guard does not support the IAM condition ${test}`);
    const patterns = z.array(z.string()).parse(keys['dynamodb:LeadingKeys']);
    return call.partitions.every((partition) =>
      patterns.some((pattern) => matchesPattern(partition, pattern)),
    );
  });
}

/** Matches an IAM pattern with at most one wildcard, at its end. */
function matchesPattern(text: string, pattern: string): boolean {
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern;
}
