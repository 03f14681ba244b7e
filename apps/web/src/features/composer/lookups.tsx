import type { BotCommandView } from '@parley/contracts';
import { useEffect, useEffectEvent } from 'react';
import { useClient, useRoomState } from '../../client/client-context.js';
import type { RoomSession } from '../../client/types.js';
import { useDebounced } from '../../client/use-debounced.js';
import { BotCommandLookup } from './bot-command-lookup.js';
import { argumentsBegun, type CallableCommand, type Found, type Mentionable } from './completion.js';
import { MemberLookup } from './member-lookup.js';

interface LookupsProps {
  session: RoomSession;
  roomId: string;
  text: string;
  caret: number;
  commands: readonly CallableCommand[];
  onBotCommands: (ofBots: BotCommandView[] | null) => void;
  onFound: (found: Found[]) => void;
}

/** Asks the server for what the menu offers and the page does not know. Shows nothing itself. */
export function Lookups({ session, roomId, text, caret, commands, onBotCommands, onFound }: LookupsProps) {
  const args = argumentsBegun(text.slice(0, caret));
  const suggested = args && commands.find(({ call }) => call === args.call)?.suggest?.(args.words);
  return (
    <>
      <MemberLookup session={session} text={text} caret={caret} />
      <BotCommandLookup roomId={roomId} text={text} onAnswer={onBotCommands} />
      {args && suggested === 'people' && <PeopleLookup session={session} typed={args.typed} onAnswer={onFound} />}
      {suggested === 'notes' && <NotesLookup roomId={roomId} onAnswer={onFound} />}
    </>
  );
}

const maxPeople = 20;

/** Asks for the people of the name that is being typed who are not in the room, as far as the page knows. */
function PeopleLookup({ session, typed, onAnswer }: { session: RoomSession; typed: string; onAnswer: (people: Mentionable[]) => void }) {
  const client = useClient();
  const { members } = useRoomState(session);
  const query = useDebounced(typed, 150);
  const answer = useEffectEvent((found: Mentionable[]) => {
    const here = new Set(members.map(({ user }) => user.username));
    onAnswer(found.filter(({ handle }) => !here.has(handle)));
  });
  useEffect(() => {
    let wanted = true;
    client.trpc.users.search.query({ query, limit: maxPeople }).then(
      (users) =>
        wanted &&
        answer(users.map(({ username, displayName, avatar }) => ({ handle: username, name: displayName, avatar, kind: 'person' }))),
      // Whoever types goes on without being offered anybody.
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [client, query]);
  return null;
}

/** Asks once for the notes of the room. */
function NotesLookup({ roomId, onAnswer }: { roomId: string; onAnswer: (notes: Found[]) => void }) {
  const client = useClient();
  const answer = useEffectEvent(onAnswer);
  useEffect(() => {
    let wanted = true;
    client.trpc.notes.list.query({ roomId }).then(
      (notes) => wanted && answer(notes.map(({ number, text }) => ({ word: String(number), help: text }))),
      // Whoever types goes on without being offered any.
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [client, roomId]);
  return null;
}
