import { createHmac, randomUUID } from 'node:crypto';
import type { Faults } from './fault.ts';

/** URL that receives webhooks, and the secret that signs the deliveries. */
export type WebhookTarget = { readonly url: string; readonly secret: string };

/** Sends webhooks to one target. */
export type WebhookSender = {
  /** Replaces the receiver; undefined: events are dropped. */
  setTarget(target: WebhookTarget | undefined): void;
  /**
   * Sends an event. The injected faults may drop, duplicate or delay the delivery. A failed delivery is not retried, as on
   * GitHub.
   */
  send(event: string, payload: Readonly<Record<string, unknown>>): void;
  /** Drops delayed deliveries and aborts deliveries in progress. */
  close(): void;
};

const DELIVERY_TIMEOUT_MS = 10_000;

export function createWebhookSender(faults: Faults): WebhookSender {
  let target: WebhookTarget | undefined;
  const delayedDeliveries = new Set<NodeJS.Timeout>();
  const closeController = new AbortController();

  function deliver(receiver: WebhookTarget, event: string, body: string, deliveryId: string): void {
    fetch(receiver.url, {
      method: 'POST',
      body,
      signal: AbortSignal.any([closeController.signal, AbortSignal.timeout(DELIVERY_TIMEOUT_MS)]),
      headers: {
        'content-type': 'application/json',
        'user-agent': 'GitHub-Hookshot/local',
        'x-github-event': event,
        'x-github-delivery': deliveryId,
        'x-hub-signature-256': signWebhook(receiver.secret, body),
      },
    }).then(
      (response) => response.body?.cancel(),
      // A failed delivery is not retried; receivers poll to find missed changes.
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
      const deliveryId = randomUUID();
      const copies = fault === 'twice' ? 2 : 1;
      for (let copy = 0; copy < copies; copy += 1) {
        const timer = setTimeout(() => {
          delayedDeliveries.delete(timer);
          deliver(receiver, event, body, deliveryId);
        }, faults.settings.webhookDelayMs ?? 0);
        delayedDeliveries.add(timer);
      }
    },
    close() {
      for (const timer of delayedDeliveries) clearTimeout(timer);
      delayedDeliveries.clear();
      closeController.abort();
    },
  };
}

/** Returns the value of the header `x-hub-signature-256` for a webhook body. */
export function signWebhook(secret: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}
