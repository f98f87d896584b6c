/** Everybody whose webhooks are understood. */
import type { WebhookProvider } from '../webhook.ts';
import { gitea } from './gitea.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';
import { plane } from './plane.ts';

export const webhookProviders: Readonly<Record<WebhookProvider['kind'], WebhookProvider>> = {
  gitea,
  github,
  gitlab,
  plane,
};
