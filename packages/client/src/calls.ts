import type { TRPCClient } from '@trpc/client';
import type { AppRouter } from '@parley/api';

type Client = TRPCClient<AppRouter>;

/** The procedures that each part of the client calls. The lists are short, so that a test can stand in for the server. */
export interface AuthCalls {
  register: Pick<Client['auth']['register'], 'mutate'>;
  login: Pick<Client['auth']['login'], 'mutate'>;
  refresh: Pick<Client['auth']['refresh'], 'mutate'>;
  logout: Pick<Client['auth']['logout'], 'mutate'>;
}

export interface RoomCalls {
  rooms: {
    get: Pick<Client['rooms']['get'], 'query'>;
    members: Pick<Client['rooms']['members'], 'query'>;
    markRead: Pick<Client['rooms']['markRead'], 'mutate'>;
    events: Pick<Client['rooms']['events'], 'subscribe'>;
  };
  messages: {
    list: Pick<Client['messages']['list'], 'query'>;
    send: Pick<Client['messages']['send'], 'mutate'>;
  };
  replies: { stop: Pick<Client['replies']['stop'], 'mutate'> };
  inbox: { dismiss: Pick<Client['inbox']['dismiss'], 'mutate'> };
}

export interface InboxCalls {
  inbox: { events: Pick<Client['inbox']['events'], 'subscribe'> };
}

export type SignedIn = Awaited<ReturnType<AuthCalls['login']['mutate']>>;
export type RoomDetail = Awaited<ReturnType<RoomCalls['rooms']['get']['query']>>;
export type MemberPage = Awaited<ReturnType<RoomCalls['rooms']['members']['query']>>;
export type MessagePage = Awaited<ReturnType<RoomCalls['messages']['list']['query']>>;
export type Sent = Awaited<ReturnType<RoomCalls['messages']['send']['mutate']>>;
