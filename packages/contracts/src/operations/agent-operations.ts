import type { Operation } from './operation.js';

/**
 * What an agent calls: a program that writes the answers of a character whose model is `agent`. They are for whoever made the character, and
 * for that person's bots.
 */
export const agentOperations = {
  'agents.next': {
    who: 'maker',
    limit: 'agents',
    repeat: 'unsafe',
    scope: 'agents:serve',
    rest: 'POST /api/agents/{handle}/tasks',
    waits: true,
    does: 'Takes the next answer that this character owes, and waits for one if the call says how long.',
  },
  'agents.write': {
    who: 'maker',
    limit: 'agents',
    repeat: 'safe',
    scope: 'agents:serve',
    rest: 'POST /api/agents/tasks/{taskId}/write',
    waits: true,
    does: 'Shows more of an answer, and keeps the task. It says whether somebody wants the answer stopped, and waits for that if told to.',
  },
  'agents.done': {
    who: 'maker',
    limit: 'agents',
    repeat: 'safe',
    scope: 'agents:serve',
    rest: 'POST /api/agents/tasks/{taskId}/done',
    waits: true,
    does: 'Ends an answer with its text.',
  },
  'agents.fail': {
    who: 'maker',
    limit: 'agents',
    repeat: 'safe',
    scope: 'agents:serve',
    rest: 'POST /api/agents/tasks/{taskId}/fail',
    waits: true,
    does: 'Ends an answer that could not be given, or has it tried again.',
  },
} as const satisfies Record<string, Operation>;
