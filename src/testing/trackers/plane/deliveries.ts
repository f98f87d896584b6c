/** Sends webhooks as Plane does: to every hook of the workspace, once, and each under an id of its own. */
import { createHmac, randomUUID } from 'node:crypto';
import type { FakeHook, World } from './world.ts';

export interface Deliveries {
  /** `body` is what the sender adds to what every delivery says. */
  send(world: World, event: string, body: (hook: FakeHook, deliveryId: string) => object): void;
  /** Sends nothing from now on, or again. */
  lose(isSo: boolean): void;
  /** Until everything that was sent has arrived, or has been given up. */
  settled(): Promise<void>;
}

const timeoutMs = 5_000;

/** JSON as Python writes it: ASCII, with a space after every comma and colon. */
export function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
    return `{${entries.map(([key, entry]) => `${pythonJson(key)}: ${pythonJson(entry)}`).join(', ')}}`;
  }
  return JSON.stringify(value).replace(
    /[\u0080-\uffff]/g,
    sign => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export function createDeliveries(): Deliveries {
  const last = new Map<string, Promise<void>>();
  let isLost = false;
  return {
    lose(isSo) {
      isLost = isSo;
    },
    send(world, event, body) {
      if (isLost) return;
      for (const hook of world.hooks) {
        const id = randomUUID();
        const text = pythonJson(body(hook, id));
        const before = last.get(hook.id) ?? Promise.resolve();
        last.set(
          hook.id,
          before.then(() => deliver(hook, { event, id, text })),
        );
      }
    },
    async settled() {
      await Promise.all(last.values());
    },
  };
}

async function deliver(
  hook: FakeHook,
  { event, id, text }: { event: string; id: string; text: string },
): Promise<void> {
  try {
    const response = await fetch(hook.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Autopilot',
        'x-plane-delivery': id,
        'x-plane-event': event,
        'x-plane-signature': createHmac('sha256', hook.secret).update(text).digest('hex'),
      },
      body: text,
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
  } catch {
    // Plane tries again after minutes: to a test it is lost.
  }
}
