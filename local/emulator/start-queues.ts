import { mkdir } from 'node:fs/promises';
import type { QueueDefinition } from '../../core/topology/queues.ts';
import { QUEUES } from '../../core/topology/queues.ts';
import type { Credential } from '../credential.ts';
import { isAuthorized } from '../credential.ts';
import type { SqsStore } from './load-fauxqs.ts';
import { loadFauxqs } from './load-fauxqs.ts';

type FauxqsApp = Awaited<ReturnType<typeof loadFauxqs>>['app'];

const ACCOUNT = '000000000000';
const REGION = 'us-east-1';

/** A running emulator of SQS. */
export type QueueEmulator = {
  readonly endpoint: string;
  /** URL of each queue, by its name in core/topology. */
  readonly urls: Readonly<Record<string, string>>;
  /** URL of the dead-letter queue of each queue, by the name of the queue in core/topology. */
  readonly deadLetterUrls: Readonly<Record<string, string>>;
  close(): Promise<void>;
};

/** Starts an emulator of SQS on loopback with the queues of core/topology. Callers must sign with `credential`. */
export async function startQueues(options: {
  readonly dataDir: string;
  readonly credential: Credential;
  readonly port?: number;
  /** Default: the queues of core/topology. */
  readonly definitions?: readonly QueueDefinition[];
  /** True: messages that were received before the start stay invisible, because their receivers are still running. */
  readonly keepInFlight?: boolean;
}): Promise<QueueEmulator> {
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  const queues = options.definitions ?? QUEUES;
  const { app, store } = await loadFauxqs(options.dataDir);
  requireCredential(app, options.credential);
  dropDisconnectedWaiters(app, store);
  for (const queue of queues) ensureQueue(store, queue);
  if (options.keepInFlight !== true) releaseInFlightMessages(store);
  const endpoint = await app.listen({ port: options.port ?? 0, host: '127.0.0.1' });
  const createUrls = (getName: (queue: QueueDefinition) => string) =>
    Object.fromEntries(
      queues.map((queue) => [queue.name, `${endpoint}/${ACCOUNT}/${getName(queue)}`]),
    );
  return {
    endpoint,
    urls: createUrls((queue) => queue.name),
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

/**
 * Ends all long polls when a caller disconnects. Otherwise fauxqs would deliver the next message to the disconnected caller,
 * and the message would stay invisible until its visibility timeout. Connected callers receive an empty answer and poll again.
 */
function dropDisconnectedWaiters(app: FauxqsApp, store: SqsStore): void {
  app.addHook('onRequest', async (_request, reply) => {
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) store.shutdown();
    });
  });
}

function ensureQueue(store: SqsStore, queue: QueueDefinition): void {
  const deadLetterTargetArn = ensureStoredQueue(store, getDeadLetterName(queue), {});
  ensureStoredQueue(store, queue.name, {
    VisibilityTimeout: String(queue.visibilitySeconds),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: queue.maxReceives }),
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

/** Makes received messages visible again, because their receivers exited with the previous platform. */
function releaseInFlightMessages(store: SqsStore): void {
  for (const queue of store.allQueues()) {
    for (const [handle, entry] of queue.inflightMessages) {
      queue.inflightMessages.set(handle, { ...entry, visibilityDeadline: 0 });
    }
    queue.processTimers();
  }
}

function getDeadLetterName(queue: QueueDefinition): string {
  return `${queue.name}-dead`;
}
