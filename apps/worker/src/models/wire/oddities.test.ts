import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startModelServer, type ModelAnswer, type ModelServer, type ModelStep } from '@parley/model-server';
import { streamModel } from '../../replies/stream-model.js';
import { toReplyFailure } from '../model-errors.js';
import { createModels, type ModelSettings } from '../providers.js';

/** What servers send that speak a provider's protocol with an accent, as the real SDKs and our layer before them understand it. */
type ProtocolName = 'openai' | 'anthropic' | 'google';

let server: ModelServer;
beforeEach(async () => {
  server = await startModelServer();
});
afterEach(() => server.close());

function servers(): ModelSettings {
  return { openaiBaseUrl: server.url, anthropicBaseUrl: server.anthropicUrl, googleBaseUrl: server.googleUrl };
}

async function ask(protocol: ProtocolName, answer: ModelAnswer, settings: ModelSettings = servers()) {
  server.script(() => answer);
  const models = createModels({ ...settings, defaultModel: `${protocol}:scripted` });
  let text = '';
  const { model } = models.resolve(null);
  try {
    const end = await streamModel({
      model,
      call: { prompt: [{ role: 'user', content: [{ type: 'text', text: 'the private conversation' }] }] },
      limits: { firstTokenMs: 10_000, betweenTokensMs: 10_000, answerMs: 60_000 },
      signal: new AbortController().signal,
      onText: (chunk) => {
        text += chunk;
        return true;
      },
    });
    return { text, ...end };
  } catch (error) {
    const { code, message, retryable, detail } = toReplyFailure(error, text !== '');
    return { text, code, message, retryable, detail };
  }
}

const raw = (...events: (object | string)[]): ModelStep => ({
  raw: events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join(''),
});
const done: ModelStep = { raw: 'data: [DONE]\n\n' };
const close: ModelStep = { close: true };
const stall: ModelStep = { stall: true };
const nine = { text: 'Nine.', reason: 'stop' };
const counted = { ...nine, usage: { inputTokens: 10, outputTokens: 1 } };

/** Events that say nothing to any protocol. */
const noise = [
  raw({ type: 'ping' }, {}, 'null', '7', '"hello"', '[]', { id: 'x', choices: null }, { candidates: null }, { error: null }, { error: {} }),
  { raw: ': keep-alive\n\nevent: ping\n\nid: 7\nretry: 10\n\ndata:\n\n' },
];

const content: Record<ProtocolName, (text: string) => object> = {
  openai: (text) => ({ choices: [{ delta: { content: text } }] }),
  anthropic: (text) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
  google: (text) => ({ candidates: [{ content: { parts: [{ text }] } }] }),
};
const finished: Record<ProtocolName, object> = {
  openai: { choices: [{ delta: {}, finish_reason: 'stop' }] },
  anthropic: { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } },
  google: { candidates: [{ finishReason: 'STOP' }] },
};

it.each(['openai', 'anthropic', 'google'] as const)('%s says how much of the prompt it had kept, which costs less', async (protocol) => {
  const usage = { promptTokens: 300, completionTokens: 4, cachedTokens: 200 };
  expect(await ask(protocol, { steps: ['Nine.'], usage })).toEqual({
    ...nine,
    usage: { inputTokens: 300, cachedTokens: 200, outputTokens: 4 },
    calls: [],
  });
});

describe.each(['openai', 'anthropic', 'google'] as const)('an accent of %s', (protocol) => {
  const say = content[protocol];

  const good: [string, ModelAnswer, object][] = [
    ['events that say nothing', { steps: [...noise, 'Ni', ...noise, 'ne.', ...noise] }, counted],
    ['[DONE] without a reason to finish', { steps: ['Nine.', done] }, nine],
    ['a connection left open after [DONE]', { steps: ['Nine.', done, stall] }, nine],
    ['a connection left open after the reason to finish', { steps: ['Nine.', raw(finished[protocol]), stall] }, nine],
    ['a connection closed after the reason to finish', { steps: ['Nine.', raw(finished[protocol]), close] }, nine],
    ['a connection that breaks after the reason to finish', { steps: ['Nine.', raw(finished[protocol]), { cut: true }] }, nine],
    ['rubbish after the reason to finish', { steps: ['Nine.', raw(finished[protocol], '{"cho'), close] }, nine],
    [
      'events without blank lines, and carriage returns',
      { steps: [{ raw: `data:${JSON.stringify(say('Ni'))}\r\ndata: ${JSON.stringify(say('ne.'))}\r` }, done] },
      nine,
    ],
    [
      'events cut anywhere',
      { steps: [...`data: ${JSON.stringify(say('Nine.'))}\n\ndata: [DONE]\n`].map((character) => ({ raw: character })) },
      nine,
    ],
  ];
  it.each(good)('%s does no harm', async (_, answer, expected) => {
    expect(await ask(protocol, answer)).toMatchObject(expected);
  });

  const errors: [string, object, object][] = [
    [
      '{"object":"error"}',
      { object: 'error', message: 'Rate limit reached', type: 'TooManyRequests', code: 429 },
      { code: 'MODEL_RATE_LIMITED' },
    ],
    ['{"detail":…}', { detail: 'maximum context length is 4096 tokens' }, { code: 'CONTEXT_TOO_LONG', retryable: false }],
    ['{"detail":[…]}', { detail: [{ msg: 'invalid api key', input: 'the private conversation' }] }, { code: 'MODEL_AUTH' }],
    ['{"error":"…"}', { error: 'too many requests' }, { code: 'MODEL_RATE_LIMITED' }],
    ['{"message":…,"status":…}', { message: 'slow down', status: 429 }, { code: 'MODEL_RATE_LIMITED' }],
    ['an error without a text', { error: { code: 429 } }, { code: 'MODEL_RATE_LIMITED' }],
    ['an error whose code is a text', { error: { message: 'slow down', code: '429' } }, { code: 'MODEL_RATE_LIMITED' }],
  ];
  it.each(errors)('%s is said as what it is, in a stream, alone, and with a status', async (_, body, expected) => {
    expect(await ask(protocol, { steps: ['Ni', raw(body), stall] })).toMatchObject({ text: 'Ni', ...expected });
    expect(await ask(protocol, { steps: [raw(body), stall] })).toMatchObject({ text: '', ...expected });
    const alone = await ask(protocol, { status: 200, body });
    expect(alone).toMatchObject({ text: '', ...expected });
    expect(JSON.stringify(alone)).not.toContain('private conversation');
  });

  it('an error with a status is told to the log in the server’s words, without the conversation', async () => {
    const detail = [{ msg: 'temperature must be at most 1', input: 'the private conversation' }];
    const failure = await ask(protocol, { status: 422, body: { detail } });
    expect(failure).toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      retryable: false,
      message: 'The model refused the request (status 422). Choose another model, or tell whoever runs this server.',
    });
    expect(failure).toMatchObject({ detail: 'AI_APICallError 422: temperature must be at most 1' });
  });

  it('an answer that makes no sense is cut, one without an end too', async () => {
    expect(await ask(protocol, { steps: ['Ni', raw('{"cho'), close] })).toMatchObject({ text: 'Ni', code: 'MODEL_CUT' });
    expect(await ask(protocol, { steps: ['Ni', close] })).toMatchObject({ text: 'Ni', code: 'MODEL_CUT' });
  });
});

describe('an accent of OpenAI’s protocol', () => {
  const usage = { prompt_tokens: '321', completion_tokens: '4', total_tokens: '325' };
  const whole = (message: object, more: object = {}) => ({
    status: 200,
    body: { object: 'chat.completion', choices: [{ message, finish_reason: 'stop' }], ...more },
  });
  it.each<[string, ModelAnswer, object]>([
    [
      'figures as texts',
      { steps: ['Nine.', raw(finished.openai, { choices: [], usage }), done] },
      { ...nine, usage: { inputTokens: 321, outputTokens: 4 } },
    ],
    [
      'figures without choices',
      { steps: ['Nine.', raw(finished.openai, { usage }), done] },
      { ...nine, usage: { inputTokens: 321, outputTokens: 4 } },
    ],
    [
      'figures within the choice',
      { steps: ['Nine.', raw({ choices: [{ delta: {}, finish_reason: 'stop', usage }] }), done] },
      { ...nine, usage: { inputTokens: 321, outputTokens: 4 } },
    ],
    [
      'the cached part by a word of its own, and larger than the whole',
      {
        steps: [
          'Nine.',
          raw({ ...finished.openai, usage: { prompt_tokens: 321, completion_tokens: 4, prompt_cache_hit_tokens: 999 } }),
          done,
        ],
      },
      { ...nine, usage: { inputTokens: 321, cachedTokens: 321, outputTokens: 4 } },
    ],
    ['no figures', { steps: ['Nine.', raw({ ...finished.openai, usage: null }), done] }, { ...nine, usage: null }],
    [
      'figures that are none',
      { steps: ['Nine.', raw({ ...finished.openai, usage: { prompt_tokens: 'many', completion_tokens: -1 } }), done] },
      { ...nine, usage: null },
    ],
    [
      'figures that no call can have',
      { steps: ['Nine.', raw({ ...finished.openai, usage: { prompt_tokens: 99_999_999_999, completion_tokens: 4 } }), done] },
      { ...nine, usage: { inputTokens: 0, outputTokens: 4 } },
    ],
    [
      'several answers at once',
      {
        steps: [
          raw(
            ...[
              [0, 'Ni'],
              [1, 'Ten'],
              [0, 'ne.'],
              [1, '.'],
            ].map(([index, text]) => ({ choices: [{ index, delta: { content: text } }] })),
          ),
          raw({ choices: [1, 0].map((index) => ({ index, delta: {}, finish_reason: 'stop' })) }),
          done,
        ],
      },
      nine,
    ],
    [
      'an answer that is numbered now and then',
      { steps: [raw({ choices: [{ index: 0, delta: { content: 'Ni' } }] }, content.openai('ne.')), done] },
      nine,
    ],
    [
      'one answer in JSON',
      whole({ role: 'assistant', content: 'Nine.', reasoning_content: 'hm' }, { usage }),
      { ...nine, usage: { inputTokens: 321, outputTokens: 4 } },
    ],
    ['one answer in JSON, called a stream', { ...whole({ content: 'Nine.' }), headers: { 'content-type': 'text/event-stream' } }, nine],
    ['one answer in JSON without a reason to finish', { status: 200, body: { choices: [{ message: { content: 'Nine.' } }] } }, nine],
    [
      'lines of JSON',
      {
        status: 200,
        body: `${[content.openai('Ni'), content.openai('ne.'), finished.openai].map((event) => JSON.stringify(event)).join('\n')}\n`,
        headers: { 'content-type': 'application/x-ndjson' },
      },
      nine,
    ],
    ['a message that is no error', { steps: [raw({ message: 'waiting', status: 'queued' }, { message: 'ok', code: 0 }), 'Nine.'] }, nine],
    [
      'content in parts',
      {
        steps: [
          raw({
            choices: [
              {
                delta: {
                  content: [
                    { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
                    { type: 'text', text: 'Nine.' },
                  ],
                },
              },
            ],
          }),
          done,
        ],
      },
      nine,
    ],
    [
      'what no reply needs',
      {
        steps: [
          raw({ created: 'now', choices: [{ index: 'a', delta: { role: 'bot', content: 'Nine.', tool_calls: [{}] }, logprobs: 1 }, null] }),
          done,
        ],
      },
      nine,
    ],
    ['an empty reason to finish', { steps: [raw({ choices: [{ delta: { content: 'Ni' }, finish_reason: '' }] }), 'ne.', done] }, nine],
    [
      'a limit by another name',
      { steps: ['Nine.', raw({ choices: [{ delta: {}, finish_reason: 'max_tokens' }] }), done] },
      { text: 'Nine.', reason: 'length' },
    ],
    [
      'an answer that the server gave up',
      { steps: ['Ni', raw({ choices: [{ delta: {}, finish_reason: 'abort' }] }), done] },
      { text: 'Ni', code: 'MODEL_CUT' },
    ],
    [
      'a refusal',
      { steps: [raw({ choices: [{ delta: { refusal: 'I will not.' } }] }, finished.openai), done] },
      {
        text: 'I will not.',
        code: 'CONTENT_FILTERED',
        message: 'The model refused to answer. Ask in other words, or choose another model.',
        retryable: false,
      },
    ],
    ['a refusal in JSON', whole({ content: null, refusal: 'I will not.' }), { text: 'I will not.', code: 'CONTENT_FILTERED' }],
  ])('%s', async (_, answer, expected) => {
    expect(await ask('openai', answer)).toMatchObject(expected);
  });
});

describe('an accent of Anthropic’s protocol', () => {
  const start = (usage: unknown): object => ({ type: 'message_start', message: { id: 'a', usage } });
  const end = (usage: unknown): object => ({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage });
  const stop = { type: 'message_stop' };
  it.each<[string, ModelAnswer, object]>([
    [
      'figures as texts',
      { steps: ['Nine.', raw(end({ input_tokens: '321', output_tokens: '4' }), stop), close] },
      { ...nine, usage: { inputTokens: 321, outputTokens: 4 } },
    ],
    [
      'no figures at all, and a second beginning',
      {
        status: 200,
        headers: { 'content-type': 'text/event-stream' },
        body: (raw(start(null), start(null), content.anthropic('Nine.'), end(null), stop) as { raw: string }).raw,
      },
      { ...nine, usage: { inputTokens: 0, outputTokens: 0 } },
    ],
    ['a message without its start', { steps: ['Nine.', raw(stop), close] }, nine],
    [
      'a connection left open after the end',
      { steps: ['Nine.', raw(end({ output_tokens: 4 }), stop), stall] },
      { ...nine, usage: { outputTokens: 4 } },
    ],
    [
      'text in the start of its block',
      { steps: [raw({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'Ni' } }), 'ne.'] },
      nine,
    ],
    [
      'blocks and events of kinds to come',
      {
        steps: [
          raw(
            { type: 'content_block_start', index: 0, content_block: { type: 'hologram' } },
            { type: 'content_block_delta', index: 0, delta: { type: 'hologram_delta' } },
            { type: 'later' },
          ),
          'Nine.',
        ],
      },
      nine,
    ],
    [
      'one answer in JSON',
      {
        status: 200,
        body: {
          type: 'message',
          content: [
            { type: 'thinking', thinking: 'hm' },
            { type: 'text', text: 'Nine.' },
          ],
          stop_reason: 'end_turn',
          usage: { input_tokens: 321, output_tokens: 4 },
        },
      },
      { ...nine, usage: { inputTokens: 321, outputTokens: 4 } },
    ],
    [
      'a refusal',
      { steps: ['I will not.'], finishReason: 'content_filter' },
      {
        text: 'I will not.',
        code: 'CONTENT_FILTERED',
        message: 'The model refused to answer. Ask in other words, or choose another model.',
      },
    ],
  ])('%s', async (_, answer, expected) => {
    expect(await ask('anthropic', answer)).toMatchObject(expected);
  });
});

describe('an accent of Google’s protocol', () => {
  const usageMetadata = { promptTokenCount: '321', candidatesTokenCount: '4', totalTokenCount: '325' };
  it.each<[string, ModelAnswer, object]>([
    [
      'figures as texts',
      { steps: ['Nine.', raw({ ...finished.google, usageMetadata }), close] },
      { ...nine, usage: { inputTokens: 321, outputTokens: 4 } },
    ],
    ['no figures', { steps: ['Nine.', raw({ ...finished.google, usageMetadata: null }), close] }, { ...nine, usage: null }],
    [
      'a reason to finish with every event',
      { steps: [raw({ candidates: [{ content: { parts: [{ text: 'Ni' }] }, finishReason: 'STOP' }], usageMetadata }), 'ne.'] },
      nine,
    ],
    [
      'figures that no call can have',
      { steps: ['Nine.', raw({ ...finished.google, usageMetadata: { promptTokenCount: 321, candidatesTokenCount: 1e12 } }), close] },
      { ...nine, usage: { inputTokens: 321, outputTokens: 0 } },
    ],
    [
      'several answers at once',
      {
        steps: [
          raw(
            ...[
              [0, 'Ni'],
              [1, 'Ten.'],
              [0, 'ne.'],
            ].map(([index, text]) => ({ candidates: [{ index, content: { parts: [{ text }] } }] })),
            finished.google,
          ),
          close,
        ],
      },
      nine,
    ],
    ['a list instead of a stream', { status: 200, body: [content.google('Ni'), content.google('ne.'), finished.google] }, nine],
    [
      'parts of kinds to come',
      { steps: [raw({ candidates: [{ content: { parts: [{ hologram: 1 }, null, { text: 'Nine.' }], role: 7 }, safetyRatings: 'all' }] })] },
      nine,
    ],
    ['a prompt that it blocks', { steps: [raw({ promptFeedback: { blockReason: 'SAFETY' } }), close] }, { code: 'CONTENT_FILTERED' }],
  ])('%s', async (_, answer, expected) => {
    expect(await ask('google', answer)).toMatchObject(expected);
  });
});

describe('OpenAI itself', () => {
  afterEach(() => vi.unstubAllGlobals());

  it.each<[string, ModelStep[], object]>([
    ['an answer', ['Ni', 'ne.'], counted],
    ['a thought apart', [{ reasoning: 'hm' }, 'Nine.'], counted],
    ['events that say nothing', [...noise, 'Nine.'], counted],
    ['[DONE] without a reason to finish', ['Nine.', done, stall], nine],
    [
      'a refusal',
      [raw({ choices: [{ delta: { refusal: 'I will not.' } }] }, finished.openai), done],
      { text: 'I will not.', code: 'CONTENT_FILTERED' },
    ],
    [
      'an error',
      ['Ni', raw({ error: { message: 'Rate limit reached', code: 'rate_limit_exceeded' } }), stall],
      { text: 'Ni', code: 'MODEL_RATE_LIMITED' },
    ],
  ])('%s', async (_, steps, expected) => {
    const reach = globalThis.fetch;
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => reach(url.replace('https://api.openai.com/v1', server.url), init));
    expect(await ask('openai', { steps }, { openaiApiKey: 'k' })).toMatchObject(expected);
  });
});
