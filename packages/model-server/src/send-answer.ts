import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { AnswerCall, AnswerPart, Protocol } from './protocol.js';
import { words, type ModelAnswer, type ModelStep, type ModelUsage, type RecordedRequest } from './script.js';

type Scripted = Extract<ModelAnswer, { steps: unknown }>;
type Ended = Awaited<RecordedRequest['ended']>;

/** Where the parts of an answer go: onto the connection at once, or into the whole that is sent at its end. */
interface Sink {
  part(part: AnswerPart): void;
  error(error: { message: string; type?: string; code?: string | number }): void;
  finish(reason: NonNullable<Scripted['finishReason']>, usage: ModelUsage): void;
}

/** Sends one scripted answer in a protocol, streamed if the call asks for that; says how it ended. */
export async function sendAnswer(
  protocol: Protocol,
  request: RecordedRequest,
  response: ServerResponse,
  answer: Scripted,
  left: AbortSignal,
): Promise<Ended> {
  const gone = new Promise<'left'>((resolve) => left.addEventListener('abort', () => resolve('left'), { once: true }));
  const sink = request.stream ? streamed(protocol, request, response, answer) : whole(protocol, request, response);
  let calls = 0;
  for await (const given of answer.steps) {
    if (left.aborted) return 'left';
    const step: Exclude<ModelStep, string> = typeof given === 'string' ? { text: given } : given;
    if ('text' in step) {
      request.sent += step.text;
      sink.part(step);
    } else if ('reasoning' in step) sink.part(step);
    else if ('call' in step) sink.part({ call: { id: `call_${request.index}_${calls++}`, ...step.call } satisfies AnswerCall });
    else if ('raw' in step) response.write(step.raw);
    else if ('error' in step) sink.error(step.error);
    else if ('waitMs' in step) await Promise.race([delay(step.waitMs, undefined, { ref: false }), gone]);
    else if ('until' in step) await Promise.race([step.until, gone]);
    else if ('stall' in step) return gone;
    else if ('close' in step) {
      response.end();
      return 'cut';
    } else {
      // Wait until earlier text has gone out: destroying the connection would drop it.
      if (request.stream) await new Promise((resolve) => response.write(':\n\n', resolve));
      response.destroy();
      return 'cut';
    }
    if (response.writableEnded) return 'sent';
  }
  if (left.aborted) return 'left';
  const usage = answer.usage ?? { promptTokens: 10, completionTokens: words(request.sent).length };
  sink.finish(answer.finishReason ?? (calls > 0 ? 'tool_calls' : 'stop'), usage);
  return 'sent';
}

function streamed(protocol: Protocol, request: RecordedRequest, response: ServerResponse, answer: Scripted): Sink {
  const bytes = protocol.answer(request, answer.usage ?? { promptTokens: 10, completionTokens: 0 });
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
  response.flushHeaders();
  const begin = bytes.begin();
  if (begin !== '') response.write(begin);
  return {
    part(part) {
      if ('call' in part) response.write(bytes.call(part.call));
      else response.write('text' in part ? bytes.text(part.text) : bytes.reasoning(part.reasoning));
    },
    error: (error) => response.write(bytes.error(error)),
    finish: (reason, usage) => response.end(bytes.finish(reason, usage)),
  };
}

/** The status goes out with the answer, so an error on the way is the answer. */
function whole(protocol: Protocol, request: RecordedRequest, response: ServerResponse): Sink {
  const parts: AnswerPart[] = [];
  const send = (status: number, body: object): void => {
    if (!response.headersSent) response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  return {
    part: (part) => parts.push(part),
    error: (error) => send(typeof error.code === 'number' ? error.code : 500, protocol.error(500, error)),
    finish: (reason, usage) => send(200, protocol.whole(request, parts, reason, usage)),
  };
}
