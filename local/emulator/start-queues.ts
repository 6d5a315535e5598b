import { mkdir } from 'node:fs/promises';
import type { QueueDefinition } from '../../core/topology/queues.ts';
import { QUEUES } from '../../core/topology/queues.ts';
import type { Credential } from './credential.ts';
import { isAuthorized } from './credential.ts';
import type { SqsStore } from './load-fauxqs.ts';
import { loadFauxqs } from './load-fauxqs.ts';
import type { StoreEmulator } from './start-store.ts';

type FauxqsApp = Awaited<ReturnType<typeof loadFauxqs>>['app'];

const ACCOUNT = '000000000000';
const REGION = 'us-east-1';

/** The running queues. */
export type QueueEmulator = StoreEmulator & {
  /** URL by the queue's name in core/topology. */
  readonly urls: Readonly<Record<string, string>>;
  /** URL of the dead-letter queue by the queue's name. */
  readonly deadLetterUrls: Readonly<Record<string, string>>;
};

/** Starts an emulator of SQS on loopback with the queues of core/topology, for callers with the credential. */
export async function startQueues(options: {
  readonly dataDir: string;
  readonly credential: Credential;
  readonly port?: number;
  readonly rows?: readonly QueueDefinition[];
  /** True if receivers of messages from the previous process still work on these messages. */
  readonly keepInFlight?: boolean;
}): Promise<QueueEmulator> {
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  const rows = options.rows ?? QUEUES;
  const { app, store } = await loadFauxqs(options.dataDir);
  requireCredential(app, options.credential);
  dropDisconnectedWaiters(app, store);
  for (const row of rows) ensureQueue(store, row);
  if (options.keepInFlight !== true) releaseInFlightMessages(store);
  const endpoint = await app.listen({ port: options.port ?? 0, host: '127.0.0.1' });
  const createUrls = (getName: (row: QueueDefinition) => string) =>
    Object.fromEntries(rows.map((row) => [row.name, `${endpoint}/${ACCOUNT}/${getName(row)}`]));
  return {
    endpoint,
    urls: createUrls((row) => row.name),
    deadLetterUrls: createUrls(getDeadLetterName),
    close: () => app.close(),
  };
}

function requireCredential(app: FauxqsApp, credential: Credential): void {
  app.addHook('onRequest', async (request, reply) => {
    if (isAuthorized(request.headers.authorization, credential)) return;
    reply.code(403).header('content-type', 'application/x-amz-json-1.0');
    return reply.send({
      __type: 'com.amazon.coral.service#UnrecognizedClientException',
      message: 'The security token is invalid.',
    });
  });
}

/** Ends the long poll of a disconnected caller, which would otherwise hide the next message until its visibility timeout. */
function dropDisconnectedWaiters(app: FauxqsApp, store: SqsStore): void {
  app.addHook('onRequest', async (_request, reply) => {
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) store.shutdown();
    });
  });
}

function ensureQueue(store: SqsStore, row: QueueDefinition): void {
  const deadLetterTargetArn = ensureStoredQueue(store, getDeadLetterName(row), {});
  ensureStoredQueue(store, row.name, {
    VisibilityTimeout: String(row.visibilitySeconds),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: row.maxReceives }),
  });
}

function ensureStoredQueue(
  store: SqsStore,
  name: string,
  attributes: Record<string, string>,
): string {
  const arn = `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`;
  const existing = store.getQueueByName(name);
  if (existing !== undefined) existing.setAttributes(attributes);
  else store.createQueue(name, `http://127.0.0.1/${ACCOUNT}/${name}`, arn, attributes);
  return arn;
}

/** Makes received messages visible again, because their receivers ended with the previous platform. */
function releaseInFlightMessages(store: SqsStore): void {
  for (const queue of store.allQueues()) {
    for (const [handle, entry] of queue.inflightMessages) {
      queue.inflightMessages.set(handle, { ...entry, visibilityDeadline: 0 });
    }
    queue.processTimers();
  }
}

function getDeadLetterName(row: QueueDefinition): string {
  return `${row.name}-dead`;
}
