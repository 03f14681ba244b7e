/**
 * The events that a webhook can ask for. `message.created` is a text of a person, a bot or a character's greeting; `message.updated` an
 * edit of one, or another version of a reply that was chosen; `message.deleted` the deletion of a text or a reply. `reply.finished` is the end of a character's reply, however it ended.
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
