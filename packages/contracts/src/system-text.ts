import type { RoomRole, SystemFact } from './views.js';

/**
 * Says in English what a system line is about: the same sentence that the line has as its `content`.
 *
 * @param mark what becomes of each name, and of a topic, inside the sentence; by default they stand as they are
 */
export function systemText(fact: SystemFact, mark: (text: string) => string = (text) => text): string {
  switch (fact.type) {
    case 'joined':
      return `${mark(fact.actor.name)} joined.`;
    case 'left':
      return `${mark(fact.actor.name)} left.`;
    case 'added':
      return `${mark(fact.actor.name)} added ${mark(fact.person.name)}.`;
    case 'removed':
      return `${mark(fact.actor.name)} removed ${mark(fact.person.name)}.`;
    case 'role':
      return `${mark(fact.actor.name)} made ${mark(fact.person.name)} ${roles[fact.role]}.`;
    case 'room':
      return `${mark(fact.actor.name)} ${fact.changes.map((change) => changeText(change, mark)).join(' and ')}.`;
    case 'characterAdded':
      return `${mark(fact.actor.name)} added ${mark(fact.character.name)}${fact.autoReply === 'always' ? ', who answers every message' : ''}.`;
    case 'characterHabit':
      return `${mark(fact.actor.name)} set ${mark(fact.character.name)} to answer ${fact.autoReply === 'always' ? 'every message' : 'when mentioned'}.`;
    case 'characterInstructed':
      return `${mark(fact.actor.name)} changed ${mark(fact.character.name)}’s instructions.`;
    case 'characterRemoved':
      return `${mark(fact.actor.name)} removed ${mark(fact.character.name)}.`;
    case 'characterDeleted':
      return `${mark(fact.character.name)} was deleted.`;
    case 'imported':
      return `${mark(fact.actor.name)} imported this room. What stands above was written elsewhere; names and times are those of the file.`;
  }
}

const roles: Record<RoomRole, string> = { owner: 'an owner', moderator: 'a moderator', member: 'a member' };

function changeText(change: Extract<SystemFact, { type: 'room' }>['changes'][number], mark: (text: string) => string): string {
  switch (change.type) {
    case 'renamed':
      return `renamed the room to “${mark(change.name)}”`;
    case 'topic':
      return change.topic === '' ? 'removed the topic' : `set the topic to “${mark(change.topic)}”`;
    case 'visibility':
      return `made the room ${change.visibility}`;
    case 'archived':
      return 'archived the room';
    case 'reopened':
      return 'reopened the room';
  }
}
