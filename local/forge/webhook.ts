import { createHmac, randomUUID } from 'node:crypto';
import type { Faults } from './fault.ts';

/** Receiver of webhooks, and the secret that signs them. */
export type WebhookTarget = { readonly url: string; readonly secret: string };

/** Sends webhooks to one target. */
export type WebhookSender = {
  /** Undefined: sends nothing. */
  setTarget(target: WebhookTarget | undefined): void;
  /** Sends an event as the injected faults say. A failed delivery is not repeated, as on GitHub. */
  send(event: string, payload: Readonly<Record<string, unknown>>): void;
  /** Drops deliveries that were not sent yet. */
  close(): void;
};

const TIMEOUT_MS = 10_000;

export function createWebhookSender(faults: Faults): WebhookSender {
  let target: WebhookTarget | undefined;
  const waiting = new Set<NodeJS.Timeout>();
  const closing = new AbortController();

  function deliver(receiver: WebhookTarget, event: string, body: string, delivery: string): void {
    fetch(receiver.url, {
      method: 'POST',
      body,
      signal: AbortSignal.any([closing.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      headers: {
        'content-type': 'application/json',
        'user-agent': 'GitHub-Hookshot/local',
        'x-github-event': event,
        'x-github-delivery': delivery,
        'x-hub-signature-256': signWebhook(receiver.secret, body),
      },
    }).then(
      (response) => response.body?.cancel(),
      // A failed delivery is lost; receivers poll to find missed changes.
      () => undefined,
    );
  }

  return {
    setTarget(next) {
      target = next;
    },
    send(event, payload) {
      const receiver = target;
      const fault = faults.takeWebhook();
      if (receiver === undefined || fault === 'lost') return;
      const body = JSON.stringify(payload);
      const delivery = randomUUID();
      const copies = fault === 'twice' ? 2 : 1;
      for (let copy = 0; copy < copies; copy += 1) {
        const timer = setTimeout(() => {
          waiting.delete(timer);
          deliver(receiver, event, body, delivery);
        }, faults.settings.webhookDelayMs ?? 0);
        waiting.add(timer);
      }
    },
    close() {
      for (const timer of waiting) clearTimeout(timer);
      waiting.clear();
      closing.abort();
    },
  };
}

/** Returns the value of `x-hub-signature-256`. */
export function signWebhook(secret: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}
