import { createHmac, randomUUID } from 'node:crypto';
import type { Faults } from './fault.ts';

export type WebhookTarget = { readonly url: string; readonly secret: string };

export type WebhookSender = {
  setTarget(target: WebhookTarget | undefined): void;
  /** Sends it once, now or later, or loses it: there is no second try, as on GitHub. */
  send(event: string, payload: Readonly<Record<string, unknown>>): void;
  /** Drops what was not sent yet. */
  close(): void;
};

const TIMEOUT_MS = 10_000;

export function createWebhookSender(faults: Faults): WebhookSender {
  let target: WebhookTarget | undefined;
  const waiting = new Set<NodeJS.Timeout>();
  const closing = new AbortController();

  function deliver(to: WebhookTarget, event: string, body: string, delivery: string): void {
    fetch(to.url, {
      method: 'POST',
      body,
      signal: AbortSignal.any([closing.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      headers: {
        'content-type': 'application/json',
        'user-agent': 'GitHub-Hookshot/local',
        'x-github-event': event,
        'x-github-delivery': delivery,
        'x-hub-signature-256': signWebhook(to.secret, body),
      },
    }).then(
      (response) => response.body?.cancel(),
      // A delivery that fails is lost: whoever depends on it has to look by themselves.
      () => undefined,
    );
  }

  return {
    setTarget(next) {
      target = next;
    },
    send(event, payload) {
      const to = target;
      const fate = faults.takeWebhook();
      if (to === undefined || fate === 'lost') return;
      const body = JSON.stringify(payload);
      const delivery = randomUUID();
      const times = fate === 'twice' ? 2 : 1;
      for (let i = 0; i < times; i += 1) {
        const timer = setTimeout(() => {
          waiting.delete(timer);
          deliver(to, event, body, delivery);
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

export function signWebhook(secret: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}
