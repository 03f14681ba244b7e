import type { AutoReply, RoomRole, SystemFact } from './views.js';

/**
 * Says in English what a system line is about: the same sentence that the line has as its `content`.
 *
 * @param mark what becomes of each name, and of a topic, inside the sentence; by default they stand as they are
 */
export function systemText(fact: SystemFact, mark: (text: string) => string = (text) => text): string {
  const who = ({ name, bot }: { name: string; bot?: true }) => `${mark(name)}${bot ? ' (bot)' : ''}`;
  switch (fact.type) {
    case 'joined':
      return `${who(fact.actor)} joined.`;
    case 'left':
      return `${who(fact.actor)} left.`;
    case 'added':
      return `${who(fact.actor)} added ${who(fact.person)}.`;
    case 'removed':
      return `${who(fact.actor)} removed ${who(fact.person)}.`;
    case 'role':
      return `${who(fact.actor)} made ${who(fact.person)} ${roles[fact.role]}.`;
    case 'room':
      return `${who(fact.actor)} ${fact.changes.map((change) => changeText(change, mark)).join(' and ')}.`;
    case 'characterAdded':
      return `${who(fact.actor)} added ${mark(fact.character.name)}${habits[fact.autoReply].who}.`;
    case 'characterHabit':
      return `${who(fact.actor)} set ${mark(fact.character.name)} to answer ${habits[fact.autoReply].when}.`;
    case 'characterInstructed':
      return fact.handedTo
        ? `${who(fact.actor)} handed ${mark(fact.character.name)}’s answers to a ${fact.handedTo === 'program' ? 'program outside of this server' : 'model'}.`
        : `${who(fact.actor)} changed ${mark(fact.character.name)}’s instructions.`;
    case 'characterRemoved':
      return `${who(fact.actor)} removed ${mark(fact.character.name)}.`;
    case 'characterDeleted':
      return `${mark(fact.character.name)} was deleted.`;
    case 'charactersStopped':
      return 'The characters stop here: one message sets off so many answers and no more. Say something to go on.';
    case 'imported':
      return `${who(fact.actor)} imported this room. What stands above was written elsewhere; names and times are those of the file.`;
  }
}

/** When a character answers, in words: of one that is added, and of one that was in the room. */
export const habits: Record<AutoReply, { who: string; when: string }> = {
  mention: { who: '', when: 'when mentioned' },
  always: { who: ', who answers every message', when: 'every message' },
  turn: { who: ', who answers in turn', when: 'in turn' },
  ambient: { who: ', who answers when there is something to say', when: 'when there is something to say' },
};

const roles: Record<RoomRole, string> = { owner: 'an owner', moderator: 'a moderator', member: 'a member' };

function changeText(change: Extract<SystemFact, { type: 'room' }>['changes'][number], mark: (text: string) => string): string {
  switch (change.type) {
    case 'renamed':
      return `renamed the room to “${mark(change.name)}”`;
    case 'topic':
      return change.topic === '' ? 'removed the topic' : `set the topic to “${mark(change.topic)}”`;
    case 'visibility':
      return `made the room ${change.visibility}`;
    case 'replyControl':
      return change.replyControl === 'anyone'
        ? 'let everyone stop replies and have them written again'
        : 'left it to askers and moderators to stop replies and have them written again';
    case 'archived':
      return 'archived the room';
    case 'reopened':
      return 'reopened the room';
    case 'aiPaused':
      return 'paused AI here';
    case 'aiResumed':
      return 'resumed AI here';
    case 'aiProviders':
      return change.providers === null
        ? 'let all AI providers of this server answer here'
        : change.providers.length === 0
          ? 'let only the built-in model answer here'
          : `let only these AI providers answer here: ${change.providers.join(', ')}`;
    case 'retention':
      return change.days === null
        ? 'left it to the server how long messages are kept'
        : `had messages older than ${change.days} days removed`;
  }
}
