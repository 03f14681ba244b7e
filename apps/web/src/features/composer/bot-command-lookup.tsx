import type { BotCommandView, CommandView } from '@parley/contracts';
import { useEffect, useEffectEvent } from 'react';
import { useClient } from '../../client/client-context.js';

interface BotCommandLookupProps {
  roomId: string;
  text: string;
  /** @param ofBots the commands of the room's bots; null if they are not told soon, or at all */
  onAnswer: (ofBots: BotCommandView[] | null) => void;
}

/** Asks the server for the commands of the room's bots, each time a command is begun. Shows nothing itself. */
export function BotCommandLookup({ roomId, text, onAnswer }: BotCommandLookupProps) {
  const client = useClient();
  const begun = text.startsWith('/');
  const answer = useEffectEvent(onAnswer);
  useEffect(() => {
    if (!begun) return;
    let wanted = true;
    // Whoever presses Enter meanwhile waits for the answer: without one, what was typed is sent, and the server decides.
    const patience = setTimeout(() => answer(null), patienceMs);
    client.trpc.commands.list.query({ roomId }).then(
      (commands) => wanted && answer(commands.filter(isOfBot)),
      () => wanted && answer(null),
    );
    return () => {
      clearTimeout(patience);
      wanted = false;
    };
  }, [client, roomId, begun]);
  return null;
}

const patienceMs = 1_000;

/** A server of before bots had commands says nothing of bots. */
function isOfBot(command: CommandView): command is BotCommandView {
  return Boolean(command.bot);
}
