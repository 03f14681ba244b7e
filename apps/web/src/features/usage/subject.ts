/** Whose use a report is about, as its address names it: `/usage/mine`, `/usage/everyone`, `/usage/@bo`, `/usage/room-…`, `/usage/character-…`. */
export type Subject =
  | { kind: 'mine' }
  | { kind: 'everyone' }
  | { kind: 'person'; username: string }
  | { kind: 'room'; roomId: string }
  | { kind: 'character'; characterId: string };

/** @param of the last part of the address @returns null if it names nothing */
export function subjectOf(of: string): Subject | null {
  if (of === 'mine' || of === 'everyone') return { kind: of };
  const [, kind, id = ''] = /^(@|room-|character-)(.+)$/.exec(of) ?? [];
  switch (kind) {
    case '@':
      return { kind: 'person', username: id };
    case 'room-':
      return { kind: 'room', roomId: id };
    case 'character-':
      return { kind: 'character', characterId: id };
    default:
      return null;
  }
}
