import { promptText, words, type ModelAnswer, type ModelServer, type ModelStep, type RecordedRequest } from '@parley/model-server';
import { questionIn, type AiRecord } from './ai-record.js';
import { modelFaults } from './faults.js';
import { tokensOfBit } from './job-checker.js';
import type { Seeded } from './seeded.js';

const decides = (text: string) => text.startsWith('You decide whether');
const sums = (text: string) => text.includes('You keep the notes of');

/** True of what no person asked for. */
const decidesOrSums = (text: string) => decides(text) || sums(text);

/**
 * A model that mostly answers, at an even pace, and now and then goes wrong in every way it can. It calls tools where it is given some, also
 * the one that changes something, says of a third of what it may say that it would, and repeats in its summaries what it was told. All that
 * it is asked is recorded.
 */
export function startModel(
  chance: Seeded,
  record: AiRecord,
): {
  script: Parameters<ModelServer['script']>[0];
  /** Answers that are being written, for people. */
  readonly streaming: number;
  /** What went wrong on purpose, how often. */
  readonly wrong: Record<string, number>;
  /** What was asked for, how often. */
  readonly asked: Record<string, number>;
} {
  let streaming = 0;
  const wrong: Record<string, number> = Object.fromEntries(modelFaults.map((fault) => [fault, 0]));
  const asked = { answer: 0, tools: 0, booking: 0, summary: 0, decision: 0, 'stand-in': 0 };
  const times = new Map<string | null, number>();

  function fail(): ModelAnswer {
    const fault = chance.pick(modelFaults);
    wrong[fault]!++;
    switch (fault) {
      case 'status 500':
        return { status: 500 };
      case 'status 429':
        return { status: 429, headers: { 'retry-after': '1' } };
      case 'cut':
        return { steps: [...words('half of it'), { cut: true }] };
      case 'stall':
        return { steps: [...words('half of it'), { stall: true }] };
      case 'malformed':
        return { steps: ['half', { raw: 'data: {"choices": [}\n\n' }] };
    }
  }

  const evenly = (text: string): ModelStep[] => words(text).flatMap((word) => [word, { waitMs: 50 }]);

  function stepsOf(request: RecordedRequest, text: string, question: string | null): ModelStep[] {
    const { index, tools, turns } = request;
    if (decides(text)) {
      asked.decision++;
      // Takes as long as an answer, so that faults come in between.
      return [
        { waitMs: 100 },
        chance.random() < 0.35 ? 'YES' : 'NO',
        ...evenly(
          ', which is said at some length because it was thought about for a long time; and nothing of all this is read by anybody, or shown.',
        ),
      ];
    }
    if (sums(text)) {
      asked.summary++;
      return evenly(`Said was: ${(text.match(/message \d+\.\d+\.\d+\./g) ?? []).slice(-20).join(' ')}`);
    }
    const results = turns.filter(({ role }) => role === 'tool').length;
    if (tools.length > 0 && (results === 0 || (results < 6 && chance.random() < 0.4))) {
      asked.tools++;
      const calls = [
        { name: 'search_room', arguments: { query: 'message' }, id: `c${index}-0` },
        { name: 'read_notes', arguments: {}, id: `c${index}-1` },
      ];
      const book = tools.find(({ name }) => name.endsWith('book'));
      if (!book || chance.random() < 0.2) return [...evenly(`look ${index}.`), ...calls.map((call) => ({ call }))];
      asked.booking++;
      const booking = `booking-${index}`;
      record.wanted.set(booking, { question, at: performance.now() });
      const wish = { name: book.name, arguments: { booking }, id: `c${index}-2` };
      return [...evenly(`look ${index}.`), ...[...calls, wish].slice(chance.between(0, 2)).map((call) => ({ call }))];
    }
    asked.answer++;
    return evenly(`${index}: An answer — 🚢 — of a sentence or so, which takes a while to write.`);
  }

  return {
    get streaming() {
      return streaming;
    },
    wrong,
    asked,
    script(request) {
      const text = promptText(request);
      // The question stands after all that was said before; only wishes and what tools found come after it.
      const said = request.turns.filter(({ role }) => role === 'user').map((turn) => turn.text);
      const question = decidesOrSums(text) ? null : questionIn(said.join('\n'));
      const steps = stepsOf(request, text, question);
      if (request.model === 'stand-in') asked['stand-in']++;
      const bit = times.get(question) ?? 0;
      times.set(question, bit + 1);
      const results = request.turns.flatMap(({ resultOf }) => (resultOf?.id ? [resultOf.id] : []));
      record.asked.push({ index: request.index, question, text, results, bit });
      // Mostly after a tool, where the next attempt has something to go on after.
      if (chance.random() < (results.length > 0 ? 0.3 : 0.1)) return fail();
      if (!decidesOrSums(text)) {
        streaming++;
        void request.ended.then(() => streaming--);
      }
      return { steps, usage: { promptTokens: 100, completionTokens: question === null ? 1 : tokensOfBit(bit) } };
    },
  };
}
