import type { AutoReply } from './views.js';

/** Triggers of answers to what people say, in difference to those of commands. */
const saidTriggers: readonly string[] = ['mention', 'always', 'turn', 'ambient'] satisfies AutoReply[];

/** True of an answer to what somebody said; of any other trigger, a command was called. */
export function isSaid(trigger: string): boolean {
  return saidTriggers.includes(trigger);
}

/** True of an answer that nobody asked for: whoever set the character to it pays. */
export function isUnasked(trigger: string): boolean {
  return trigger !== 'mention' && isSaid(trigger);
}
