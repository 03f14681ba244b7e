import type { MessageView } from '@parley/contracts';

/** Results by room, rooms in the order of their newest result; inside a room newest first, as they came. */
export function groupByRoom(items: readonly MessageView[]): { roomId: string; messages: MessageView[] }[] {
  const groups = new Map<string, MessageView[]>();
  for (const message of items) {
    const group = groups.get(message.roomId);
    if (group) group.push(message);
    else groups.set(message.roomId, [message]);
  }
  return [...groups].map(([roomId, messages]) => ({ roomId, messages }));
}
