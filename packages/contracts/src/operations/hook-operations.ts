import type { Operation } from './operation.js';

const moderator = { who: 'room', role: 'moderator' } as const;
const read = { ...moderator, archived: 'allowed', limit: 'changes', repeat: 'safe', scope: 'hooks:read' } as const;
const write = { ...moderator, archived: 'allowed', limit: 'changes', repeat: 'unsafe', scope: 'hooks:write' } as const;
const make = { ...write, archived: 'refused', limit: 'hooks', makes: true } as const;

/**
 * Webhooks tell programs what happens in a room; hooks let programs write into one. Both belong to a room, and its moderators see to them,
 * except the webhooks of a bot, which are its owner's.
 */
export const hookOperations = {
  'webhooks.list': { ...read, rest: 'GET /api/rooms/{roomId}/webhooks', does: 'The webhooks of a room.' },
  // Where a call has a URL, it waits for nameservers.
  'webhooks.create': {
    ...make,
    waits: true,
    rest: 'POST /api/rooms/{roomId}/webhooks',
    does: 'Has what happens in a room sent to an address. The answer is the only one that shows the secret.',
  },
  'webhooks.update': {
    ...write,
    repeat: 'lastWins',
    waits: true,
    rest: 'PATCH /api/webhooks/{webhookId}',
    does: 'Changes where a webhook sends and what, or switches it on or off.',
  },
  'webhooks.remove': { ...write, rest: 'DELETE /api/webhooks/{webhookId}', does: 'Ends a webhook for good.' },
  'webhooks.rotate': {
    ...write,
    limit: 'hooks',
    rest: 'POST /api/webhooks/{webhookId}/rotate',
    does: 'Gives a webhook a new secret. The one before signs beside it for a day.',
  },
  'webhooks.deliveries': {
    ...read,
    rest: 'GET /api/webhooks/{webhookId}/deliveries',
    does: 'What a webhook sent last, and how it was answered.',
  },
  'webhooks.resend': {
    ...write,
    rest: 'POST /api/webhooks/{webhookId}/deliveries/{deliveryId}/resend',
    does: 'Sends a delivery again, under its first id.',
  },
  'webhooks.listForBot': {
    who: 'user',
    limit: 'changes',
    repeat: 'safe',
    scope: 'hooks:read',
    rest: 'GET /api/bots/{username}/webhooks',
    does: 'The webhooks of a bot of the caller’s.',
  },
  'webhooks.createForBot': {
    who: 'user',
    limit: 'hooks',
    repeat: 'unsafe',
    scope: 'hooks:write',
    rest: 'POST /api/bots/{username}/webhooks',
    makes: true,
    waits: true,
    does: 'Has what happens in all rooms of a bot sent to an address. The answer is the only one that shows the secret.',
  },
  'hooks.list': { ...read, rest: 'GET /api/rooms/{roomId}/hooks', does: 'The addresses by which programs write into a room.' },
  'hooks.create': {
    ...make,
    // It puts the bot into the room.
    direct: 'refused',
    guarded: true,
    changesMembers: true,
    limit: ['hooks', 'lines'],
    rest: 'POST /api/rooms/{roomId}/hooks',
    does: 'Makes an address by which a program writes into a room, as a bot. The answer is the only one that shows it.',
  },
  'hooks.remove': {
    ...write,
    rest: 'DELETE /api/rooms/{roomId}/hooks/{hookId}',
    does: 'Ends an address by which a program writes into a room.',
  },
} as const satisfies Record<string, Operation>;
