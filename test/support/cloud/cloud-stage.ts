import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { z } from 'zod';
import { createDynamoTable } from '../../../adapters/dynamo/create-dynamo-table.ts';
import { createSqsQueue } from '../../../adapters/sqs/create-sqs-queue.ts';
import type { QueueMessage } from '../../../core/contract/queue-message.ts';
import { toFunctionId } from '../../../core/topology/handlers.ts';
import { QUEUES, requireQueueDefinition } from '../../../core/topology/queues.ts';
import { createCredential } from '../../../local/credential.ts';
import { createTable } from '../../../local/emulator/create-table.ts';
import { startQueues } from '../../../local/emulator/start-queues.ts';
import { startStore } from '../../../local/emulator/start-store.ts';
import { listenOnLoopback } from '../../../local/listen-on-loopback.ts';
import { SECRET_NAME } from './cloud-settings.ts';
import {
  findFunctions,
  findResourcesOfType,
  listStatements,
  readFunctionEnvironment,
  readTemplate,
  requireSingle,
} from './cloud-template.ts';
import { LambdaProcess } from './lambda-process.ts';
import type { RightsGuard } from './rights-guard.ts';
import { startRightsGuard } from './rights-guard.ts';

// Runs the functions of the templates, each from its bundle in a separate process with the environment and permissions of
// the template. Store, queues, forge and model on this machine replace the services of the cloud.

const REGION = 'us-east-1';
const TABLE_NAME = 'smol-gang';

/** Built templates and bundles, with the secrets of the deployment. */
export type CloudOptions = {
  readonly templates: string;
  readonly bundles: string;
  readonly secrets: Readonly<Record<string, string>>;
  /** Variables that replace values of the template. */
  readonly replaced: Readonly<Record<string, string>>;
};
/** Running functions with their store, queues and socket endpoint. */
export type CloudStage = Awaited<ReturnType<typeof startCloudStage>>;
/** Frame posted to a WebSocket connection. */
export type PushedFrame = { readonly connection: string; readonly frame: unknown };

export async function startCloudStage(options: CloudOptions) {
  const folder = await mkdtemp(join(tmpdir(), 'smol-stage-'));
  const credential = createCredential();
  const store = await startStore({ dataDir: join(folder, 'store'), credential });
  const queues = await startQueues({ dataDir: join(folder, 'queues'), credential });
  const aws = { region: REGION, credentials: credential };
  const storeOptions = { ...aws, endpoint: store.endpoint, tableName: TABLE_NAME };
  await createTable(storeOptions);
  const sqs = new SQSClient({ ...aws, endpoint: queues.endpoint });
  const sockets = await startSocketEndpoint();
  const stageParts = { ...options, credential, store, queues, sockets };
  const runningFunctions = new Map<string, Promise<RunningFunction>>();
  const start = (id: string, extraEnv: Readonly<Record<string, string>> = {}) =>
    startFunction(stageParts, id, extraEnv);
  const getFunction = (id: string) => {
    const runningFunction = runningFunctions.get(id) ?? start(id);
    runningFunctions.set(id, runningFunction);
    return runningFunction;
  };
  return {
    table: createDynamoTable(storeOptions),
    queue: createSqsQueue({ ...aws, endpoint: queues.endpoint, urls: queues.urls }),
    frames: sockets.frames,
    /** Closes a connection, so that later posts to the connection receive status 410. */
    closeConnection: (connection: string) => sockets.closedConnections.add(connection),
    /** Starts another process of a function, with an extended environment. */
    start,
    invoke: async (id: string, event: object) => (await getFunction(id)).process.invoke(event),
    readOutput: async (id: string) => (await getFunction(id)).process.output,
    send: async (message: QueueMessage) => {
      const QueueUrl = queues.urls[requireQueueDefinition(message.type).name];
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(message) }));
    },
    /** Delivers one batch of a queue to its function and returns the outcome; undefined when the queue is empty. */
    deliver: async (name: string) => {
      const { handler, batchSize } = requireSingle(QUEUES.filter((queue) => queue.name === name));
      const { process } = await getFunction(toFunctionId(handler));
      return deliverMessages(sqs, queues.urls[name] ?? '', batchSize, process);
    },
    close: async () => {
      for (const runningFunction of runningFunctions.values())
        await (await runningFunction).close();
      sqs.destroy();
      await sockets.close();
      await queues.close();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

type StageParts = CloudOptions & {
  readonly credential: ReturnType<typeof createCredential>;
  readonly store: Awaited<ReturnType<typeof startStore>>;
  readonly queues: Awaited<ReturnType<typeof startQueues>>;
  readonly sockets: SocketEndpoint;
};
/** Process of a function with its rights guards. */
export type RunningFunction = { readonly process: LambdaProcess; close(): Promise<void> };

async function startFunction(
  stageParts: StageParts,
  id: string,
  extraEnv: Readonly<Record<string, string>>,
): Promise<RunningFunction> {
  const template = readTemplate(stageParts.templates, 'platform');
  const fn = findFunctions(template).get(id);
  if (fn === undefined) throw new Error(`the template has no function ${id}`);
  const statements = listStatements(template, fn);
  const queueResources = findResourcesOfType(template, 'AWS::SQS::Queue');
  const findQueueId = (url: string) =>
    requireSingle(
      queueResources.filter(({ Properties }) =>
        String(Properties.QueueName).endsWith(`-platform-${url.split('/').at(-1)}`),
      ),
    ).logicalId;
  const guards: RightsGuard[] = [];
  for (const { endpoint } of [stageParts.store, stageParts.queues])
    guards.push(await startRightsGuard({ upstream: endpoint, statements, findQueueId }));
  const env = {
    ...createFunctionEnvironment(stageParts, readFunctionEnvironment(fn)),
    ...createLambdaEnvironment(id, stageParts.credential),
    AWS_ENDPOINT_URL_DYNAMODB: guards[0]?.endpoint ?? '',
    AWS_ENDPOINT_URL_SQS: guards[1]?.endpoint ?? '',
    ...extraEnv,
  };
  const process = LambdaProcess.start(join(stageParts.bundles, id, 'index.mjs'), env);
  return {
    process,
    close: async () => {
      await process.close();
      for (const guard of guards) await guard.close();
    },
  };
}

/** Creates the variables that Lambda sets in every function. */
function createLambdaEnvironment(
  id: string,
  { accessKeyId, secretAccessKey }: StageParts['credential'],
) {
  return {
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_LAMBDA_FUNCTION_NAME: id,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    TZ: ':UTC',
  };
}

const SECRET_REFERENCE = new RegExp(
  `^\\{\\{resolve:secretsmanager:${SECRET_NAME}:SecretString:(\\w+)::\\}\\}$`,
);

/**
 * Resolves the variables of the template. Adds no other variable, so that a function cannot use a variable that the template
 * lacks.
 */
function createFunctionEnvironment(
  { queues, sockets, secrets, replaced }: StageParts,
  variables: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const localValues: Record<string, string> = {
    TABLE_NAME,
    SOCKET_URL: 'wss://socket.example',
    SOCKET_ENDPOINT: sockets.endpoint,
    API_URL: 'https://api.example',
    ...Object.fromEntries(
      QUEUES.map(({ name }) => [`QUEUE_URL_${name.toUpperCase()}`, queues.urls[name] ?? '']),
    ),
    ...replaced,
  };
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    const [, secret] = SECRET_REFERENCE.exec(String(value)) ?? [];
    const resolved = secret === undefined ? (localValues[name] ?? value) : secrets[secret];
    if (typeof resolved !== 'string')
      throw new Error(`the stage has no value for the variable ${name} of the template`);
    environment[name] = resolved;
  }
  return environment;
}

const batchAnswerSchema = z.object({
  batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })),
});

async function deliverMessages(
  sqs: SQSClient,
  QueueUrl: string,
  batchSize: number,
  lambda: LambdaProcess,
) {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: batchSize,
      MessageSystemAttributeNames: ['All'],
    }),
  );
  if (Messages.length === 0) return undefined;
  const Records = Messages.map((message) => ({
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    attributes: { ApproximateReceiveCount: '1', ...message.Attributes },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:${REGION}:000000000000:${QueueUrl.split('/').at(-1)}`,
    awsRegion: REGION,
  }));
  const answer = batchAnswerSchema.parse(await lambda.invoke({ Records } as unknown as SQSEvent));
  const failedIds = new Set(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  for (const { messageId, receiptHandle } of Records)
    if (!failedIds.has(messageId))
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: receiptHandle }));
  return {
    messages: Records.map(({ body }): unknown => JSON.parse(body)),
    failedMessages: Records.filter(({ messageId }) => failedIds.has(messageId)).map(
      ({ body }): unknown => JSON.parse(body),
    ),
  };
}

type SocketEndpoint = Awaited<ReturnType<typeof startSocketEndpoint>>;

/** Serves `@connections`: records posts, and answers 410 for closed connections. */
async function startSocketEndpoint() {
  const frames: PushedFrame[] = [];
  const closedConnections = new Set<string>();
  const server = createServer((request, response) => {
    const [, connection = ''] = /^\/@connections\/([^/?]+)$/.exec(request.url ?? '') ?? [];
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method !== 'POST' || connection === '') response.writeHead(403).end();
      else if (closedConnections.has(connection))
        response.writeHead(410, { 'x-amzn-errortype': 'GoneException' }).end('{}');
      else {
        frames.push({ connection, frame: JSON.parse(Buffer.concat(chunks).toString()) });
        response.writeHead(200).end();
      }
    });
  });
  const port = await listenOnLoopback(server, 0);
  return {
    frames,
    closedConnections,
    endpoint: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
