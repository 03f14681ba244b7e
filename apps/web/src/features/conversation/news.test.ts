import type { MessageView, PrivateReply } from '@parley/contracts';
import { expect, test } from 'vitest';
import { hearAll, newsSince } from './news.js';

const me = 'ann';
const at = (seq: number) => `2026-11-20T14:${String(seq).padStart(2, '0')}:00.000Z`;

function message(seq: number, more: Partial<MessageView> = {}): MessageView {
  const author = { type: 'user' as const, id: 'bo', name: 'Bo', avatar: { hue: 1, glyph: null } };
  return {
    id: `m${seq}`,
    seq,
    kind: 'text',
    author,
    content: `**line** ${seq}`,
    status: 'complete',
    createdAt: at(seq),
    ...more,
  } as MessageView;
}
const whole = (more: Partial<MessageView>) => ({ deletedAt: null, error: null, system: null, ...more });
const line = (seq: number, more: Partial<MessageView> = {}) => message(seq, whole(more) as Partial<MessageView>);
const room = (messages: MessageView[], more: { hasNewer?: boolean; privateReplies?: PrivateReply[] } = {}) => ({
  messages,
  hasNewer: false,
  privateReplies: [],
  ...more,
});

test('what others say is read out, without its marks; what one says oneself is not, nor what was deleted meanwhile', () => {
  const heard = hearAll(room([line(1)]));
  const mine = { ...line(3).author, id: me };
  expect(newsSince(heard, room([line(1), line(2), line(3, { author: mine }), line(4, { deletedAt: at(5) })]), me)).toEqual(['Bo: line 2']);
});

test('what a file brought is said to be imported, also a line of the system', () => {
  const author = { ...line(2).author, type: 'system' as const, id: null, imported: true as const };
  const brought = [line(2, { author }), line(3, { author, kind: 'system', content: 'Cy joined.' })];
  expect(newsSince(hearAll(room([line(1)])), room([line(1), ...brought]), me)).toEqual(['Bo, imported: line 2', 'Imported: Cy joined.']);
});

test('what a bot says is said to be a bot’s', () => {
  const author = { ...line(2).author, name: 'Weather', avatar: { hue: 1, glyph: 'bot' } };
  expect(newsSince(hearAll(room([line(1)])), room([line(1), line(2, { author })]), me)).toEqual(['Weather, bot: line 2']);
});

test('older pages, and the end of the room after a look at its history, are no news', () => {
  const heard = hearAll(room([line(5)]));
  expect(newsSince(heard, room([line(3), line(4), line(5)]), me)).toEqual([]);
  const away = hearAll(room([line(1)], { hasNewer: true }), heard);
  expect(newsSince(heard, room([line(1)], { hasNewer: true }), me)).toEqual([]);
  expect(newsSince(away, room([line(6), line(7)]), me)).toEqual([]);
  expect(newsSince(hearAll(room([line(6), line(7)]), away), room([line(7), line(8)]), me)).toEqual(['Bo: line 8']);
});

test('an answer is read out once, when it is finished, also when it is written again', () => {
  const answer = (status: MessageView['status'], content: string) => line(2, { kind: 'reply', status, content });
  const before = hearAll(room([line(1)]));
  const writing = room([line(1), answer('streaming', 'Half')]);
  expect(newsSince(before, writing, me)).toEqual([]);
  const heard = hearAll(writing, before);
  const done = room([line(1), answer('complete', 'Half and half.')]);
  expect(newsSince(heard, done, me)).toEqual(['Bo: Half and half.']);
  expect(newsSince(hearAll(done, heard), done, me)).toEqual([]);
  const again = hearAll(room([line(1), answer('streaming', '')]), hearAll(done, heard));
  expect(newsSince(again, room([line(1), answer('complete', 'Better.')]), me)).toEqual(['Bo: Better.']);
  const failed = { ...answer('failed', ''), error: { code: 'UNAVAILABLE', message: 'The model did not answer.' } } as MessageView;
  expect(newsSince(again, room([line(1), failed]), me)).toEqual(['Bo: The model did not answer.']);
});

test('a call that waits for the reader to allow it is read out once, and one that waits for another is not', () => {
  const call = (callId: string, waitsFor: string) => ({
    callId,
    tool: 'train__book',
    asked: '',
    state: 'waiting' as const,
    found: null,
    waitsFor,
  });
  const answer = (...tools: unknown[]) =>
    line(2, { kind: 'reply', status: 'queued', attempt: 1, reply: { tools } as MessageView['reply'] });
  const before = hearAll(room([line(1)]));
  const asking = room([line(1), answer(call('0.0', me), call('0.1', 'bo'))]);
  expect(newsSince(before, asking, me)).toEqual(['Bo asks to use book, and waits for your answer.']);
  const heard = hearAll(asking, before);
  expect(newsSince(heard, asking, me)).toEqual([]);
  // Many messages at once do not hide it.
  const more = room([...[3, 4, 5, 6].map((seq) => line(seq)), answer(call('1.0', me))]);
  expect(newsSince(heard, more, me)).toEqual(['4 new messages', 'Bo asks to use book, and waits for your answer.']);
  const alone = {
    id: 'p',
    roomId: 'room',
    attempt: 1,
    content: '',
    status: 'streaming' as const,
    createdAt: at(7),
    about: { command: 'ask', by: 'Ada' },
  };
  const privateReplies = [{ ...alone, tools: [call('0.0', me)] }];
  expect(newsSince(heard, room([line(1)], { privateReplies }), me)).toEqual(['Ada asks to use book, and waits for your answer.']);
});

test('an answer for one person alone is read out when it is finished; one that an older page brings is not', () => {
  const told = (minute: number, status: PrivateReply['status'] = 'complete'): PrivateReply => ({
    id: `p${minute}`,
    roomId: 'room',
    attempt: 1,
    content: 'Psst',
    status,
    createdAt: at(minute),
  });
  const heard = hearAll(room([line(5)]));
  expect(newsSince(heard, room([line(5)], { privateReplies: [told(3)] }), me)).toEqual([]);
  expect(newsSince(heard, room([line(5)], { privateReplies: [told(6, 'streaming')] }), me)).toEqual([]);
  const writing = hearAll(room([line(5)], { privateReplies: [told(6, 'streaming')] }), heard);
  expect(newsSince(writing, room([line(5)], { privateReplies: [told(6)] }), me)).toEqual(['Only you see this: Psst']);
});

test('many at once are counted', () => {
  const heard = hearAll(room([line(1)]));
  expect(newsSince(heard, room([1, 2, 3, 4, 5].map((seq) => line(seq))), me)).toEqual(['4 new messages']);
});
