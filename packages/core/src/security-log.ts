import { currentCall } from '@parley/bus';
import type { Log } from './deps.js';

/** What the log says of who comes in, who is kept out, and what becomes of accounts: the field `event` of its lines. */
export type SecurityEvent =
  | 'signed in'
  | 'session ended'
  | 'all sessions ended'
  | 'signed out by provider'
  | 'refresh token reused'
  | 'refresh token copied'
  | 'account made'
  | 'account disabled'
  | 'account enabled'
  | 'account removed'
  | 'admin made'
  | 'admin unmade'
  | 'admin unmade'
  | 'password changed'
  | 'password reset'
  | 'reset link made'
  | 'invitation made'
  | 'invitation used'
  | 'set-up link used'
  | 'bot made'
  | 'key made'
  | 'key revoked'
  | 'webhook made'
  | 'webhook secret rotated'
  | 'webhook removed'
  | 'hook made'
  | 'hook removed'
  | 'MCP server added'
  | 'MCP server changed'
  | 'MCP server removed'
  | 'MCP servers of a character set'
  | Refusal;

/** The events that strangers can cause as often as they like. They are folded: see the API's refusal-log.ts. */
export type Refusal = 'sign-in failed' | 'refused' | 'limit hit' | 'origin refused' | 'operator refused' | 'socket closed';

/** No field holds a password, a token, a code, or what somebody typed as their name where no account has it. */
export interface SecurityFields {
  /** Whose call it was. None: a stranger's, or the operator's own command. */
  userId?: string | undefined;
  /** The account that it is about. */
  username?: string | undefined;
  /** Where the call came from, as limits count it. */
  address?: string | undefined;
  /** The error's code, or the name of the code that a socket was closed with. */
  code?: string | undefined;
  /** What was called, such as `rooms.create`. */
  operation?: string | undefined;
  correlationId?: string | undefined;
  /** The key that was made or revoked: the id of its session. */
  keyId?: string | undefined;
  /** The webhook or hook that was made, changed or removed. */
  hookId?: string | undefined;
  /** The MCP server that it is about. */
  serverId?: string | undefined;
  /** The character that it is about. */
  characterId?: string | undefined;
  /** The room that it belongs to. */
  roomId?: string | undefined;
  /** How many of this event and code were left out since the last line of them. */
  folded?: number | undefined;
}

/** Events that say that somebody holds what is not theirs. */
const alarming: ReadonlySet<SecurityEvent> = new Set(['refresh token reused', 'refresh token copied']);

/** Writes the event, once it has happened, with the address of the call it happened in. */
export function noteSecurity(log: Log, event: SecurityEvent, fields: SecurityFields): void {
  const address = currentCall()?.address;
  const line = { event, ...(address === undefined ? {} : { address }), ...fields };
  if (alarming.has(event)) log.warn(line, event);
  else log.info(line, event);
}
