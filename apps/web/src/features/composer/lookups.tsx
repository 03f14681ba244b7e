import type { BotCommandView } from '@parley/contracts';
import { useEffect, useEffectEvent } from 'react';
import { useClient, useRoomState } from '../../client/client-context.js';
import type { RoomSession } from '../../client/types.js';
import { useDebounced } from '../../client/use-debounced.js';
import { BotCommandLookup } from './bot-command-lookup.js';
import { argumentsBegun, type CallableCommand, type Mentionable } from './completion.js';
import { MemberLookup } from './member-lookup.js';

interface LookupsProps {
  session: RoomSession;
  roomId: string;
  text: string;
  caret: number;
  commands: readonly CallableCommand[];
  onBotCommands: (ofBots: BotCommandView[] | null) => void;
  onPeople: (people: Mentionable[]) => void;
}

/** Asks the server for what the menu offers and the page does not know. Shows nothing itself. */
export function Lookups({ session, roomId, text, caret, commands, onBotCommands, onPeople }: LookupsProps) {
  const args = argumentsBegun(text.slice(0, caret));
  const isOfPeople = args && commands.find(({ call }) => call === args.call)?.suggest?.(args.words) === 'people';
  return (
    <>
      <MemberLookup session={session} text={text} caret={caret} />
      <BotCommandLookup roomId={roomId} text={text} onAnswer={onBotCommands} />
      {isOfPeople && <PeopleLookup session={session} typed={args.typed} onAnswer={onPeople} />}
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
