import type { Steps } from '@parley/contracts';
import type { PromptContext, PromptRoom } from '../prompt-context.js';
import { howToGetAModel } from './how-to-get-a-model.js';
import { escapeMarkdown } from './markdown.js';
import { summarise } from './summary.js';

/** The most points of one room, where there are several: the whole is to be read at one go. */
const maxPointsPerRoom = 4;

/** What was said in each room of a catch-up, room by room: whole sentences of its people with their sources. */
export function* pointsOfRooms(context: PromptContext): Steps<string> {
  const rooms = context.rooms ?? [];
  const parts: string[] = [];
  for (const room of rooms) {
    // The character's own answers are what it said already.
    const messages = context.messages.filter(
      ({ place, fromCharacter, handle }) => place?.roomId === room.id && !(fromCharacter && handle === context.character.handle),
    );
    const most = rooms.length > 1 ? maxPointsPerRoom : undefined;
    const points = yield* summarise({ ...context, messages }, most);
    parts.push(`### ${titleOf(room)}\n\n${points ?? 'Something was said here that has no sentence to quote.'}`);
  }
  return `${parts.join('\n\n')}\n\n*These are the rooms’ own sentences, picked by the built-in model; for a summary in other words, ${howToGetAModel}.*`;
}

function titleOf({ name, direct }: PromptRoom): string {
  return direct ? `With ${escapeMarkdown(name)}` : escapeMarkdown(name);
}
