import type { Steps } from '@parley/contracts';
import type { PromptContext, PromptMessage } from './prompt-context.js';

/** Does all steps at once. */
export function finish<T>(work: T | Steps<T>): T {
  if (typeof work !== 'object' || work === null || !('next' in work)) return work as T;
  for (;;) {
    const step = (work as Steps<T>).next();
    if (step.done) return step.value;
  }
}

/** Messages of people, a minute apart from 14:00 on 3 November 2026 on; `bo: text` says who. */
export function chat(...lines: string[]): PromptMessage[] {
  return lines.map((line, index) => {
    const [, handle, content] = /^([a-z]+): ([\s\S]*)$/.exec(line) ?? [];
    if (handle === undefined || content === undefined) throw new Error(`not "name: text": ${line}`);
    return {
      id: `00000000-0000-7000-8000-${String(index + 1).padStart(12, '0')}`,
      own: handle === 'ada',
      fromCharacter: handle === 'ada' || handle === 'robin',
      name: handle[0]!.toUpperCase() + handle.slice(1),
      handle,
      content,
      createdAt: new Date(Date.UTC(2026, 10, 3, 14, index)).toISOString(),
    };
  });
}

export function contextOf(task: PromptContext['task'], messages: PromptMessage[], changes: Partial<PromptContext> = {}): PromptContext {
  return {
    task,
    character: { name: 'Ada', handle: 'ada', systemPrompt: 'You are kind.' },
    addressee: { name: 'Bo', handle: 'bo', isCharacter: false },
    triggerMessageId: '00000000-0000-7000-8000-00000000ffff',
    askedAt: '2026-11-03T16:00:00.000Z',
    messages,
    earlier: null,
    ...changes,
  };
}

export const summaryTask: PromptContext['task'] = { kind: 'summary', question: null, scope: { kind: 'recent' } };

export function answerTask(question: string): PromptContext['task'] {
  return { kind: 'ask', question, scope: null };
}
