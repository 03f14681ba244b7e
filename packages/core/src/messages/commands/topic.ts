import { AppError, topicSchema } from '@parley/contracts';
import { commandFiles } from '@parley/contracts/commands';
import { escapeMarkdown } from '../../prompts/built-in/markdown.js';
import { updateRoom } from '../../rooms/update-room.js';
import { defineAnswer } from '../command-answer.js';

export default defineAnswer(commandFiles.topic, async (deps, { roomId }, wanted, act) => {
  if (wanted === null) {
    const { topic } = await deps.db.room.findUniqueOrThrow({ where: { id: roomId }, select: { topic: true } });
    return topic === '' ? 'This room has no topic. Write one after `/topic`.' : `The topic of this room: ${escapeMarkdown(topic)}`;
  }
  const read = topicSchema.safeParse(wanted);
  if (!read.success) throw new AppError('COMMAND_ARGUMENT', `A topic ${read.error.issues[0]!.message}.`, { field: 'content' });
  const { topic } = await act('rooms.update', (room) => updateRoom(deps, room, { topic: read.data }));
  return topic === '' ? 'This room has no topic now.' : `The topic of this room is now: ${escapeMarkdown(topic)}`;
});
