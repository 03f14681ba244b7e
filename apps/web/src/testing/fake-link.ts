import type { MessageView } from '@parley/contracts';
import { TRPCClientError, type TRPCLink } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import type { AppRouter } from '../client/trpc.js';
import * as scene from './scene.js';

export type ChangeMessage = (messageId: string, make: (message: MessageView) => Partial<MessageView>) => MessageView | undefined | void;

interface Input {
  messageId: string;
  content: string;
  emoji: string;
  on: boolean;
  query: string;
  characterId: string;
  days: number;
}

const rooms = [...scene.otherRooms.map(({ room }) => room).filter(({ visibility }) => visibility === 'public'), scene.lobby];
const found = scene.message(31, scene.bo, '09:12', 'The importer reads the file twice; one pass is enough.', -3);
const characters = [scene.ada, scene.socrates, scene.lin].map((character) => ({ character, mine: character.id === scene.lin.id }));

/** Procedures by name, each answering as the server would with made-up data. */
function answersWith({ change }: { change: ChangeMessage }): Record<string, (input: Input) => unknown> {
  const now = () => new Date().toISOString();
  return {
    'rooms.addMember': () => ({ user: scene.dag, invitedAt: now() }),
    'rooms.browse': () => [...rooms, { ...scene.lobby, id: scene.id(120), name: 'reading', topic: 'Slow books, slowly' }],
    'rooms.create': () => scene.lobby,
    'rooms.join': () => scene.lobby,
    'rooms.direct': () => scene.otherRooms[4]!.room,
    'rooms.setMute': () => scene.mine(),
    'presence.typing': () => ({}),
    'users.search': ({ query }) =>
      [scene.bo, scene.cy, scene.dag].filter(({ displayName }) => displayName.toLowerCase().includes(query.toLowerCase())),
    'users.updateProfile': () => scene.me,
    'characters.list': () => characters,
    'characters.get': ({ characterId }) => ({
      ...characters.find(({ character }) => character.id === characterId)!,
      createdAt: now(),
      settings: { systemPrompt: 'You are Lin, translator and terminologist.', temperature: 0.4, greeting: '', tools: [] },
    }),
    'messages.edit': ({ messageId, content }) => change(messageId, () => ({ content, editedAt: now() })),
    'messages.delete': ({ messageId }) => change(messageId, () => ({ content: '', deletedAt: now(), reactions: [] })),
    'messages.pin': ({ messageId, on }) => change(messageId, () => ({ pinnedAt: on ? now() : null })),
    'messages.pins': () => [found],
    'messages.react': ({ messageId, emoji, on }) =>
      change(messageId, ({ reactions }) => {
        const others = reactions.filter((reaction) => reaction.emoji !== emoji);
        const ids = (reactions.find((reaction) => reaction.emoji === emoji)?.userIds ?? []).filter((id) => id !== scene.me.id);
        const userIds = on ? [...ids, scene.me.id] : ids;
        return { reactions: userIds.length > 0 ? [...others, { emoji, userIds, count: userIds.length }] : others };
      }),
    'messages.search': () => ({
      items: [
        { ...found, roomId: scene.lobby.id },
        {
          ...found,
          id: scene.id(900),
          roomId: scene.otherRooms[0]!.room.id,
          content: 'Who owns the importer? I would like to hand it over before Friday.',
        },
      ],
      next: null,
    }),
    'usage.mine': ({ days }) => scene.usage(days, 'person'),
    'usage.instance': ({ days }) => ({ ...scene.usage(days, 'instance'), setLimits: null }),
    'usage.room': ({ days }) => scene.usage(days, 'room'),
    'usage.character': ({ days }) => scene.usage(days, 'character'),
    'usage.person': ({ days }) => scene.usage(days, 'person'),
    'usage.meter': () => [scene.budget('person')],
    'replies.versions': () =>
      [1, 2].map((attempt) => ({
        attempt,
        content: `Version ${attempt} of it.`,
        status: 'complete',
        model: null,
        usage: null,
        finishedAt: now(),
      })),
  };
}

export function fakeLink(room: { change: ChangeMessage }): TRPCLink<AppRouter> {
  const answers = answersWith(room);
  return () =>
    ({ op }) =>
      observable((observer) => {
        const answer = answers[op.path];
        if (!answer) return observer.error(TRPCClientError.from(new Error(`The fake does not know ${op.path}`)));
        observer.next({ result: { type: 'data', data: answer(op.input as Input) } });
        observer.complete();
      });
}
