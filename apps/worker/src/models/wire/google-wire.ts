import { FollowedChoice } from './followed-choice.js';
import { EndingTracker, type Ending, type WireAnswer, type WireProtocol } from './wire-protocol.js';
import { countOf, fieldsOf, itemsOf, sentError, textOf, type Fields } from './wire-values.js';

/** generateContent, as Google and gateways speak it. */
export const googleWire: WireProtocol = {
  adaptations: [],
  begin: () => new GoogleAnswer(),
  errorBody: ({ message, type, code }) => ({
    error: { code: typeof code === 'number' ? code : null, message, status: type ?? (typeof code === 'string' ? code : 'UNKNOWN') },
  }),
};

class GoogleAnswer implements WireAnswer {
  readonly #ending = new EndingTracker();
  readonly #followed = new FollowedChoice();
  /** Nothing in this protocol is the end for sure: some versions give a reason to finish with every event. */
  readonly complete = false;

  get ending(): Ending {
    return this.#ending.ending;
  }

  take(value: unknown): object[] {
    const fields = fieldsOf(value);
    const candidates = Array.isArray(fields['candidates']) ? fields['candidates'] : null;
    const error = candidates === null || fields['error'] ? sentError(value) : null;
    if (error) return [googleWire.errorBody({ ...error, ...statusOf(fields) })];
    const usage = fieldsOf(fields['usageMetadata']);
    const counts = countsOf(usage);
    const blockReason = textOf(fieldsOf(fields['promptFeedback'])['blockReason']);
    const candidate = candidates === null ? [] : [this.#candidate(this.#followed.of(candidates))];
    if (candidate.length === 0 && Object.keys(counts).length === 0 && blockReason === null) return [];
    return [
      {
        candidates: candidate,
        ...(Object.keys(counts).length > 0 ? { usageMetadata: counts } : {}),
        ...(blockReason === null ? {} : { promptFeedback: { blockReason } }),
      },
    ];
  }

  /** Without `alt=sse` the API sends a list of the stream's events. */
  takeWhole(value: unknown): object[] {
    return Array.isArray(value) ? value.flatMap((item) => this.take(item)) : this.take(value);
  }

  close(): object[] {
    return this.ending === 'open' ? [{ candidates: [this.#candidate({ finishReason: 'STOP' })] }] : [];
  }

  #candidate(candidate: Fields): object {
    const finishReason = textOf(candidate['finishReason']);
    const continuationToken = textOf(candidate['continuationToken']);
    const parts = itemsOf(fieldsOf(candidate['content'])['parts']).flatMap((part): object[] => {
      const { text, thought, functionCall, thoughtSignature } = fieldsOf(part);
      const { name, args } = fieldsOf(functionCall);
      if (textOf(name) !== null) {
        // The model wants its signature back with what the call gave.
        const signature = textOf(thoughtSignature);
        return [{ functionCall: { name, args: fieldsOf(args) }, ...(signature === null ? {} : { thoughtSignature: signature }) }];
      }
      return textOf(text) === null ? [] : [{ text, ...(thought === true ? { thought } : {}) }];
    });
    this.#ending.add({ content: parts.length > 0, reason: finishReason !== null });
    return {
      content: { role: 'model', parts },
      ...(finishReason === null ? {} : { finishReason }),
      ...(continuationToken === null ? {} : { continuationToken }),
    };
  }
}

/** Google's word for an error is its status. */
function statusOf(fields: Fields): { type?: string } {
  const status = textOf(fieldsOf(fields['error'])['status']);
  return status === null ? {} : { type: status };
}

function countsOf(usage: Fields): Record<string, number> {
  const names = ['promptTokenCount', 'cachedContentTokenCount', 'candidatesTokenCount', 'thoughtsTokenCount', 'totalTokenCount'];
  return Object.fromEntries(names.map((name) => [name, countOf(usage[name])] as const).filter(([, count]) => count > 0));
}
