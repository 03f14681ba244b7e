import type { MemberView, MessageView } from './views.js';

/**
 * The events that a webhook can ask for. `message.created` is a text of a person, a bot or a character's greeting; `message.updated` an
 * edit of one; `message.deleted` the deletion of a text or a reply. `reply.finished` is the end of a character's reply, however it ended.
 * `mention` is a text that mentions somebody; for the webhook of a bot, one that mentions the bot.
 */
export const webhookEventNames = [
  'message.created',
  'message.updated',
  'message.deleted',
  'reply.finished',
  'member.joined',
  'member.left',
  'mention',
] as const;

export type WebhookEventName = (typeof webhookEventNames)[number];

/** What a webhook is sent: the body of the request. Of a message that was deleted, `message` has no text. */
export type WebhookEvent = {
  [Name in WebhookEventName]: {
    type: Name;
    /** When it happened. */
    timestamp: string;
    data: Name extends 'member.joined' | 'member.left' ? { roomId: string; member: MemberView } : { message: MessageView };
  };
}[WebhookEventName];
