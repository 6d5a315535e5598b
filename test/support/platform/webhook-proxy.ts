import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { listenOnLoopback } from '../../../local/listen-on-loopback.ts';

// A proxy between the forge and the webhook route of the platform. The proxy loses, delays, repeats or falsifies deliveries.

/** Webhook delivery of the forge. */
export type Delivery = {
  readonly id: string;
  readonly event: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
};

/** Returns, for each copy to forward, a delay in milliseconds; an empty list loses the delivery. `index` counts from 0. */
export type DeliverySchedule = (delivery: Delivery, index: number) => readonly number[];

/** Running proxy. */
export type WebhookProxy = {
  readonly url: string;
  /** All deliveries of the forge, in order of arrival. */
  readonly deliveries: readonly Delivery[];
  /** HTTP status of each forwarded delivery; 0 if the platform did not answer. */
  readonly answers: readonly number[];
  /** Counts the deliveries that were forwarded directly after a delivery that had arrived later. */
  countOvertaken(): number;
  setSchedule(schedule: DeliverySchedule): void;
  /** Sends a delivery with changes to the platform and returns the HTTP status. */
  send(delivery: Delivery, change?: Partial<Pick<Delivery, 'body' | 'headers'>>): Promise<number>;
  /** Closes the proxy and waits for the deliveries that are being sent. */
  close(): Promise<void>;
};

const IMMEDIATE_SCHEDULE: DeliverySchedule = () => [0];
/** Headers of a delivery that are forwarded, in addition to the signature. */
const FORWARDED_HEADERS = ['content-type', 'user-agent', 'x-github-event', 'x-github-delivery'];
const SIGNATURE = 'x-hub-signature-256';

export async function startWebhookProxy(target: string): Promise<WebhookProxy> {
  const received: Delivery[] = [];
  const answers: number[] = [];
  const forwardedIndexes: number[] = [];
  const timers = new Set<NodeJS.Timeout>();
  const sending = new Set<Promise<unknown>>();
  let schedule = IMMEDIATE_SCHEDULE;

  const send: WebhookProxy['send'] = async (delivery, change = {}) => {
    const { body, headers } = { ...delivery, ...change };
    const response = await fetch(target, { method: 'POST', body, headers });
    await response.body?.cancel();
    return response.status;
  };

  async function forwardDelivery(delivery: Delivery, index: number): Promise<void> {
    forwardedIndexes.push(index);
    answers.push(await send(delivery).catch(() => 0));
  }

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const delivery = await readDelivery(request);
    response.writeHead(200).end();
    const index = received.push(delivery) - 1;
    for (const afterMs of schedule(delivery, index)) {
      const timer = setTimeout(() => {
        timers.delete(timer);
        const sent = forwardDelivery(delivery, index).finally(() => sending.delete(sent));
        sending.add(sent);
      }, afterMs);
      timers.add(timer);
    }
  }

  const server = createServer((request, response) => {
    receive(request, response).catch(() => response.destroy());
  });
  const port = await listenOnLoopback(server, 0);
  return {
    url: `http://127.0.0.1:${port}`,
    deliveries: received,
    answers,
    countOvertaken: () =>
      forwardedIndexes.filter((index, position) => index < (forwardedIndexes[position - 1] ?? 0))
        .length,
    setSchedule(next) {
      schedule = next;
    },
    send,
    async close() {
      for (const timer of timers) clearTimeout(timer);
      server.close();
      server.closeAllConnections();
      await Promise.allSettled(sending);
    },
  };
}

async function readDelivery(request: IncomingMessage): Promise<Delivery> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const header = (name: string) => String(request.headers[name] ?? '');
  const names = [...FORWARDED_HEADERS, SIGNATURE];
  return {
    id: header('x-github-delivery'),
    event: header('x-github-event'),
    body,
    headers: Object.fromEntries(names.map((name) => [name, header(name)])),
  };
}

/** Returns the headers of a delivery with another signature, or without a signature. */
export function replaceSignature(
  delivery: Delivery,
  signature: string | undefined,
): Pick<Delivery, 'headers'> {
  const { [SIGNATURE]: _own, ...headers } = delivery.headers;
  return { headers: signature === undefined ? headers : { ...headers, [SIGNATURE]: signature } };
}
