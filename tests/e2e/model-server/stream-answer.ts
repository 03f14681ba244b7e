import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Protocol } from './protocol.js';
import { words, type ModelAnswer, type ModelStep, type RecordedRequest } from './script.js';

/** Streams one scripted answer in a protocol; says how it ended. */
export async function streamAnswer(
  protocol: Protocol,
  request: RecordedRequest,
  response: ServerResponse,
  answer: Extract<ModelAnswer, { steps: unknown }>,
  left: AbortSignal,
): Promise<'sent' | 'cut' | 'left'> {
  const gone = new Promise<'left'>((resolve) => left.addEventListener('abort', () => resolve('left'), { once: true }));
  const bytes = protocol.answer(request, answer.usage ?? { promptTokens: 10, completionTokens: 0 });
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
  response.flushHeaders();
  const begin = bytes.begin();
  if (begin !== '') response.write(begin);
  for await (const given of answer.steps) {
    if (left.aborted) return 'left';
    const step: Exclude<ModelStep, string> = typeof given === 'string' ? { text: given } : given;
    if ('text' in step) {
      request.sent += step.text;
      response.write(bytes.text(step.text));
    } else if ('reasoning' in step) response.write(bytes.reasoning(step.reasoning));
    else if ('raw' in step) response.write(step.raw);
    else if ('error' in step) response.write(bytes.error(step.error));
    else if ('waitMs' in step) await Promise.race([delay(step.waitMs, undefined, { ref: false }), gone]);
    else if ('until' in step) await Promise.race([step.until, gone]);
    else if ('stall' in step) return gone;
    else if ('close' in step) {
      response.end();
      return 'cut';
    } else {
      // Wait until earlier text has gone out: destroying the connection would drop it.
      await new Promise((resolve) => response.write(':\n\n', resolve));
      response.destroy();
      return 'cut';
    }
  }
  if (left.aborted) return 'left';
  const usage = answer.usage ?? { promptTokens: 10, completionTokens: words(request.sent).length };
  response.end(bytes.finish(answer.finishReason ?? 'stop', usage));
  return 'sent';
}
