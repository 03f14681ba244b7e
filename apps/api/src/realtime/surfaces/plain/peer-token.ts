import type { IncomingMessage } from 'node:http';
import { AppError } from '@parley/contracts';
import type { Actor } from '@parley/core/sessions/actor';
import { bearerToken } from '../../../auth/session-guard.js';
import type { ApiServices } from '../../../services.js';
import { socketStream, socketTicketMs } from '../../../streams/stream-names.js';
import type { SocketProof } from '../../sockets/socket-surface.js';

/** The subprotocol of plain sockets. Browsers can send no headers, so a peer may offer its token as a second one. */
export const plainProtocol = 'parley';

/**
 * What a peer proves itself by when it opens the socket: `Authorization: Bearer`, `Sec-WebSocket-Protocol: parley, <token>`, or `?token=`,
 * where a ticket of one use may stand too. Undefined for a peer that will say it in its first frame.
 *
 * @throws AppError UNAUTHENTICATED for an `Authorization` of another kind
 */
export function peerToken(services: TicketServices, { headers }: IncomingMessage, query: URLSearchParams): SocketProof {
  const bearer = bearerToken(headers.authorization);
  if (bearer !== null) return bearer;
  const [protocol, offered] = (headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim());
  if (protocol === plainProtocol && offered) return offered;
  const token = query.get('token');
  const roomId = query.get('roomID')?.toLowerCase();
  return token === null ? undefined : () => byTokenOrTicket(services, token, roomId);
}

type TicketServices = Pick<ApiServices, 'sessions' | 'tickets' | 'limits'>;

async function byTokenOrTicket({ sessions, tickets, limits }: TicketServices, token: string, roomId?: string): Promise<Actor> {
  const opens = (stream: string) => tickets.verify(token, stream).catch(() => null);
  const ticket = (await opens(socketStream(roomId))) ?? (await opens(socketStream()));
  if (!ticket) return sessions.authenticate(token);
  const once = { name: 'socket-ticket', points: 1, windowMs: socketTicketMs * 2, whenUnavailable: 'refuse' } as const;
  await limits.consume(once, ticket.id).catch((error: unknown) => {
    throw AppError.is(error, 'RATE_LIMITED') ? new AppError('SESSION_REVOKED', 'This ticket was used before. Ask for a new one.') : error;
  });
  return sessions.authenticateSession(ticket);
}
