import { describe, expect, it } from 'vitest';
import { answerTask, chat, contextOf, summaryTask, finish } from '../prompt-context.fixture.js';
import type { PromptContext } from '../prompt-context.js';
import { taskOf } from '../task-of.js';

function compose(context: PromptContext): string {
  return finish(taskOf(context.task.kind).compose(context));
}

const room = chat(
  'bo: The ledger migration must be done before Friday because the old ledger loses rows.',
  'mia: ok',
  'ada: The migration is a thing that I, a character, have a view on.',
  'mia: Nobody has ever tested the ledger migration on the staging copy.',
  'cy: Is the staging copy fresh?',
);

function said(handle: string, question: string, messages = room): string {
  const character = { name: handle, handle, systemPrompt: '' };
  return compose(contextOf(answerTask(question), messages, { character }));
}

describe('Socrates without a model', () => {
  const answer = said('socrates', '@socrates what do you think?');

  it('asks about the latest claims, quoted with their authors', () => {
    expect(answer).toContain('> Nobody has ever tested the ledger migration on the staging copy.');
    expect(answer).toMatch(/\[Mia 14:03\]\(#message-/);
    expect(answer).toContain('> The ledger migration must be done before Friday because the old ledger loses rows.');
    expect(answer).toContain('Can you think of a single case where this does not hold?');
    expect(answer).toContain('If the reason given here were not true, would the rest still stand?');
    expect(answer.indexOf('Nobody')).toBeLessThan(answer.indexOf('before Friday'));
  });

  it('answers nothing, quotes neither questions nor characters, and says how it works', () => {
    expect(answer).not.toMatch(/fresh|a character, have a view|> ok/);
    const own = answer.split('\n').filter((line) => line !== '' && !/^[>—*]/.test(line));
    expect(own).toHaveLength(2);
    for (const line of own) expect(line).toMatch(/\?$/);
    expect(answer).toContain('fixed questions');
  });

  it('asks about what the question itself claims', () => {
    expect(said('socrates', '@socrates the moon is made of old cheese', [])).toContain('> the moon is made of old cheese');
  });

  it('never asks the same twice', () => {
    const twice = said('socrates', '@socrates?', chat('bo: The red door opens to the garden.', 'mia: The green door opens to the street.'));
    const questions = twice.split('\n').filter((line) => /^\p{L}.*\?$/u.test(line));
    expect(new Set(questions).size).toBe(2);
  });

  it('asks what it is about where nobody has claimed anything', () => {
    expect(said('socrates', '', chat('bo: hi', 'mia: how are you?'))).toMatch(/What is it that you are trying to find out/);
  });
});

describe('Lin without a model', () => {
  it('says what she cannot do, and lists the words the room keeps using, each with its source', () => {
    const answer = said('lin', '@lin translate the last message to French');
    expect(answer).toMatch(/^I cannot translate or define anything on the built-in model/);
    expect(answer).toContain('ask whoever runs this server to connect a language model.');
    const lines = answer.split('\n').filter((line) => line.startsWith('- '));
    expect(lines[0]).toMatch(/^- \*\*ledger\*\* \(2\), \*\*migration\*\* \(2\): “The ledger.+” \[Bo 14:00\]\(#message-[\w-]+\)$/);
    expect(lines.join('\n')).toMatch(/\*\*staging\*\*/);
    expect(lines.join('\n')).not.toMatch(/\*\*(?:Nobody|because|character)\*\*/i);
  });

  it('asked about a word, shows how the room uses that one', () => {
    const answer = said('lin', '@lin what does "migration" mean?');
    expect(answer.split('\n').filter((line) => line.startsWith('- '))).toEqual([
      expect.stringMatching(/^- \*\*migration\*\* \(2\): “The ledger migration must be done/),
    ]);
  });

  it('says only what she cannot do where the room has no words of its own', () => {
    expect(said('lin', 'hallo', chat('bo: hi', 'mia: hi'))).not.toContain('- **');
  });

  it('answers like the others where she is asked for a summary', () => {
    const character = { name: 'Lin', handle: 'lin', systemPrompt: '' };
    expect(compose(contextOf(summaryTask, room, { character }))).toContain('What they said most about:');
  });
});
