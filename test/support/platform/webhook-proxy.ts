import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { listenOnLoopback } from '../../../local/listen-on-loopback.ts';

// Stands between a forge and the platform's webhook, and does to deliveries what a network and an attacker may do.

export type Delivery = {
  readonly id: string;
  readonly event: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
};

/** When a delivery is passed on, in milliseconds from its arrival, once for each number; none: it is lost. */
export type DeliverySchedule = (delivery: Delivery, place: number) => readonly number[];

export type WebhookProxy = {
  readonly url: string;
  /** Everything that the forge sent, in its order. */
  readonly deliveries: readonly Delivery[];
  /** The status of each that was passed on. */
  readonly answers: readonly number[];
  /** How often one overtook another. */
  countOvertaken(): number;
  setSchedule(fate: DeliverySchedule): void;
  /** Passes on what `change` makes of a delivery; answers the status. */
  send(delivery: Delivery, change?: Partial<Pick<Delivery, 'body' | 'headers'>>): Promise<number>;
  /** Resolves when nothing is on its way any more. */
  close(): Promise<void>;
};

const IMMEDIATE_SCHEDULE: DeliverySchedule = () => [0];
/** What the forge sets; the rest is the connection's. */
const FORWARDED_HEADERS = ['content-type', 'user-agent', 'x-github-event', 'x-github-delivery'];
const SIGNATURE = 'x-hub-signature-256';

export async function startWebhookProxy(target: string): Promise<WebhookProxy> {
  const seen: Delivery[] = [];
  const answers: number[] = [];
  const order: number[] = [];
  const timers = new Set<NodeJS.Timeout>();
  const sending = new Set<Promise<unknown>>();
  let fate = IMMEDIATE_SCHEDULE;

  const send: WebhookProxy['send'] = async (delivery, change = {}) => {
    const { body, headers } = { ...delivery, ...change };
    const response = await fetch(target, { method: 'POST', body, headers });
    await response.body?.cancel();
    return response.status;
  };

  async function passOn(delivery: Delivery, place: number): Promise<void> {
    order.push(place);
    answers.push(await send(delivery).catch(() => 0));
  }

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const delivery = await readDelivery(request);
    response.writeHead(200).end();
    const place = seen.push(delivery) - 1;
    for (const afterMs of fate(delivery, place)) {
      const timer = setTimeout(() => {
        timers.delete(timer);
        const sent = passOn(delivery, place).finally(() => sending.delete(sent));
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
    deliveries: seen,
    answers,
    countOvertaken: () => order.filter((place, n) => place < (order[n - 1] ?? 0)).length,
    setSchedule(next) {
      fate = next;
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

/** Without the signature; another value takes its place when it is given. */
export function replaceSignature(
  delivery: Delivery,
  signature: string | undefined,
): Pick<Delivery, 'headers'> {
  const { [SIGNATURE]: _own, ...headers } = delivery.headers;
  return { headers: signature === undefined ? headers : { ...headers, [SIGNATURE]: signature } };
}
