import { APICallError } from '@ai-sdk/provider';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gate, startModelServer, type ModelAnswer, type ModelServer } from '@parley/model-server';
import { streamModel } from '../replies/stream-model.js';
import { ModelError, toReplyFailure, type ReplyFailure } from './model-errors.js';
import { createModels, type Models } from './providers.js';

const key = 'sk-secret-0123456789abcdef';

/** What the real SDK makes of the failures that a real server sends, in each provider's format. */
describe.each(['openai', 'anthropic', 'google'] as const)('failures of a server that speaks %s', (protocol) => {
  let server: ModelServer;
  beforeAll(async () => {
    server = await startModelServer();
  });
  afterAll(() => server.close());

  function modelsAt({ url, anthropicUrl, googleUrl }: ModelServer): Models {
    return createModels({
      openaiBaseUrl: url,
      openaiApiKey: key,
      anthropicBaseUrl: anthropicUrl,
      anthropicApiKey: key,
      googleBaseUrl: googleUrl,
      googleApiKey: key,
      defaultModel: `${protocol}:scripted`,
    });
  }

  async function failureOf(answer: ModelAnswer, onText = (): void => {}): Promise<ReplyFailure & { text: string }> {
    server.script(() => answer);
    const models = modelsAt(server);
    let text = '';
    try {
      await streamModel({
        model: models.resolve(null).model,
        call: { prompt: [{ role: 'user', content: [{ type: 'text', text: 'the private conversation' }] }] },
        limits: { firstTokenMs: 10_000, betweenTokensMs: 10_000, answerMs: 60_000 },
        signal: new AbortController().signal,
        onText: (chunk) => {
          text += chunk;
          onText();
          return true;
        },
      });
    } catch (error) {
      return { ...toReplyFailure(error, text !== '', models.secrets), text };
    }
    throw new Error('the model did not fail');
  }

  const cases: [string, ModelAnswer, Partial<ReplyFailure>][] = [
    ['a wrong key', { refuse: 'bad_key', message: `API key not valid: ${key}` }, { code: 'MODEL_AUTH', retryable: false }],
    ['403', { status: 403 }, { code: 'MODEL_AUTH', retryable: false }],
    ['a model it does not know', { refuse: 'unknown_model' }, { code: 'MODEL_UNAVAILABLE', retryable: false }],
    [
      'a rate limit that says when to come back',
      { refuse: 'rate_limit', retryAfterSeconds: 7 },
      {
        code: 'MODEL_RATE_LIMITED',
        retryable: true,
        retryAfterMs: 7000,
        message: 'The model is rate limited. Its provider asks to wait 7 seconds.',
      },
    ],
    ['a rate limit that does not', { refuse: 'rate_limit' }, { code: 'MODEL_RATE_LIMITED', retryable: true, retryAfterMs: null }],
    [
      'a rate limit for longer than a room waits',
      { refuse: 'rate_limit', retryAfterSeconds: 7200 },
      { code: 'MODEL_RATE_LIMITED', retryable: false, message: 'The model is rate limited. Its provider asks to wait 2 hours.' },
    ],
    ['an account without credit', { refuse: 'no_credit' }, { code: 'MODEL_RATE_LIMITED', retryable: false }],
    ['500', { status: 500 }, { code: 'MODEL_UNAVAILABLE', retryable: true }],
    ['overload', { refuse: 'overloaded', retryAfterSeconds: 2 }, { code: 'MODEL_UNAVAILABLE', retryable: true, retryAfterMs: 2000 }],
    ['a context too long', { refuse: 'context_too_long' }, { code: 'CONTEXT_TOO_LONG', retryable: false }],
    ['a refused content', { refuse: 'content_filter' }, { code: 'CONTENT_FILTERED', retryable: false }],
    ['a bad request', { status: 400, error: { message: 'temperature is not supported' } }, { code: 'MODEL_UNAVAILABLE', retryable: false }],
    ['a filtered end', { steps: ['half'], finishReason: 'content_filter' }, { code: 'CONTENT_FILTERED', retryable: false }],
    ['a malformed chunk', { steps: ['half', { raw: 'data: {"choices": [{\n\n' }] }, { code: 'MODEL_CUT', retryable: true }],
    ['a stream closed without its end', { steps: ['half', { close: true }] }, { code: 'MODEL_CUT', retryable: true, text: 'half' }],
    [
      'a stream closed before any text',
      { steps: [{ close: true }] },
      { code: expect.stringMatching(/^MODEL_(CUT|UNAVAILABLE)$/), retryable: true },
    ],
    [
      'a rate limit in the stream',
      { steps: ['half', { error: { message: 'Rate limit reached', type: 'rate_limit_error', code: 429 } }] },
      { code: 'MODEL_RATE_LIMITED', retryable: true },
    ],
    ['an unknown error in the stream', { steps: ['half', { error: { message: 'boom' } }] }, { code: 'MODEL_CUT', retryable: true }],
    [
      'an error instead of the first text',
      { steps: [{ error: { message: 'Too many requests', type: 'rate_limit_error', code: 429 } }] },
      { code: 'MODEL_RATE_LIMITED', retryable: true },
    ],
  ] as [string, ModelAnswer, Partial<ReplyFailure>][];
  it.each(cases)('%s', async (_, answer, expected) => {
    const failure = await failureOf(answer);
    expect(failure).toMatchObject(expected);
    expect(failure.message).toMatch(/\.$/);
    // Neither the room nor the log learns the key or reads the conversation.
    expect(`${failure.message} ${failure.detail}`).not.toMatch(/secret|private conversation/);
  });

  it('a stream cut in the middle', async () => {
    const arrived = gate();
    const failure = await failureOf({ steps: ['half ', { until: arrived.opened }, { cut: true }] }, arrived.open);
    expect(failure).toMatchObject({ code: 'MODEL_CUT', retryable: true, text: 'half ' });
  });

  it('a server that is not there', async () => {
    const gone = await startModelServer();
    await gone.close();
    const { model } = modelsAt(gone).resolve(null);
    const error = await Promise.resolve(model.doStream({ prompt: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] })).catch(
      (reason: unknown) => reason,
    );
    expect(toReplyFailure(error, false)).toMatchObject({ code: 'MODEL_UNAVAILABLE', retryable: true });
  });
});

describe('toReplyFailure', () => {
  it('keeps what our own code says', () => {
    expect(toReplyFailure(new ModelError('MODEL_NOT_CONFIGURED', 'Set X.'), false)).toMatchObject({
      code: 'MODEL_NOT_CONFIGURED',
      message: 'Set X.',
    });
  });

  it('cuts keys out of the log, ours and whatever looks like one', () => {
    const error = new APICallError({
      message: 'no: sk-abcd********wxyz and Bearer abc.def and tok-9',
      url: '',
      requestBodyValues: { prompt: 'private' },
      statusCode: 401,
    });
    expect(toReplyFailure(error, false, ['tok-9']).detail).toBe('AI_APICallError 401: no: [key] and Bearer [key] and [key]');
  });

  it('reads a date to come back at', () => {
    const error = new APICallError({
      message: 'x',
      url: '',
      requestBodyValues: {},
      statusCode: 429,
      responseHeaders: { 'retry-after': new Date(Date.now() + 60_000).toUTCString() },
    });
    const { retryAfterMs } = toReplyFailure(error, false);
    expect(retryAfterMs).toBeGreaterThan(50_000);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
  });

  it('takes a wait that is no number of seconds, that is over or is for years, for none', () => {
    const past = ['Thu, 01 Jan 1970 00:00:00 GMT', new Date(Date.now() - 1_000).toUTCString(), '0', '-5'];
    const far = ['99999999999', 'Fri, 31 Dec 9999 23:59:59 GMT'];
    for (const value of ['Infinity', '1e999', 'soon', '', ...past, ...far]) {
      const error = new APICallError({
        message: 'slow down',
        url: '',
        requestBodyValues: {},
        statusCode: 429,
        responseHeaders: { 'retry-after-ms': value, 'retry-after': value },
      });
      expect([value, toReplyFailure(error, false)]).toMatchObject([
        value,
        { code: 'MODEL_RATE_LIMITED', retryable: true, retryAfterMs: null, message: 'The model is rate limited. Try again in a minute.' },
      ]);
    }
  });

  it('calls anything unknown an absent model, or an answer cut off once it had begun', () => {
    expect(toReplyFailure(new TypeError('terminated'), true)).toMatchObject({ code: 'MODEL_CUT', retryable: true });
    expect(toReplyFailure(undefined, false)).toMatchObject({ code: 'MODEL_UNAVAILABLE', retryable: true });
  });
});
