import type { MemberView, MessageView } from './views.js';
import type { WebhookEventName } from './webhook-events.js';

/** What a webhook is sent: the body of the request. Of a message that was deleted, `message` has no text. */
export type WebhookEvent = {
  [Name in WebhookEventName]: {
    type: Name;
    /** When it happened. */
    timestamp: string;
    data: Name extends 'member.joined' | 'member.left' ? { roomId: string; member: MemberView } : { message: MessageView };
  };
}[WebhookEventName];
