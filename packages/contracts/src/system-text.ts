import type { RoomRole, SystemFact } from './views.js';

/** Says in English what a system line is about: the same sentence that the line has as its `content`. */
export function systemText(fact: SystemFact): string {
  switch (fact.type) {
    case 'joined':
      return `${fact.actor.name} joined.`;
    case 'left':
      return `${fact.actor.name} left.`;
    case 'added':
      return `${fact.actor.name} added ${fact.person.name}.`;
    case 'removed':
      return `${fact.actor.name} removed ${fact.person.name}.`;
    case 'role':
      return `${fact.actor.name} made ${fact.person.name} ${roles[fact.role]}.`;
    case 'room':
      return `${fact.actor.name} ${fact.changes.map(changeText).join(' and ')}.`;
    case 'characterAdded':
      return `${fact.actor.name} added ${fact.character.name}${fact.autoReply === 'always' ? ', who answers every message' : ''}.`;
    case 'characterHabit':
      return `${fact.actor.name} set ${fact.character.name} to answer ${fact.autoReply === 'always' ? 'every message' : 'when mentioned'}.`;
    case 'characterRemoved':
      return `${fact.actor.name} removed ${fact.character.name}.`;
    case 'characterDeleted':
      return `${fact.character.name} was deleted.`;
    case 'imported':
      return `${fact.actor.name} imported this room. What stands above was written elsewhere; names and times are those of the file.`;
  }
}

const roles: Record<RoomRole, string> = { owner: 'an owner', moderator: 'a moderator', member: 'a member' };

function changeText(change: Extract<SystemFact, { type: 'room' }>['changes'][number]): string {
  switch (change.type) {
    case 'renamed':
      return `renamed the room to “${change.name}”`;
    case 'topic':
      return change.topic === '' ? 'removed the topic' : `set the topic to “${change.topic}”`;
    case 'visibility':
      return `made the room ${change.visibility}`;
    case 'archived':
      return 'archived the room';
    case 'reopened':
      return 'reopened the room';
  }
}
