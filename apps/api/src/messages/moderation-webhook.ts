import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AppError, cutText, maxModerationSentence } from '@parley/contracts';
import type { Log } from '@parley/core/deps';
import type { Judge, SaidText, Verdict } from '@parley/core/messages/screen-text';
import type { LiveSettings } from '@parley/core/settings/live-settings';
import type { AllowedAddresses } from '@parley/core/webhooks/private-addresses';
import { reachTarget } from '@parley/core/webhooks/reach-target';
import { signedHeaders } from '@parley/core/webhooks/signed-headers';
import { findWebhookTarget, type Resolve } from '@parley/core/webhooks/webhook-target';
import { z } from 'zod';

export interface ModerationWebhookDeps {
  settings: Pick<LiveSettings, 'get'>;
  /** Private addresses that may be called. */
  allowed: AllowedAddresses;
  log: Log;
}

export interface ModerationWebhookOptions {
  /** How long a verdict may take, with finding the address, in milliseconds: a message waits for it. @default 500 */
  answerMs?: number;
  /** How long nobody is asked after the endpoint was away, in milliseconds. @default 5000 */
  restMs?: number;
  /** Finds the addresses of a name. @default as `findWebhookTarget` does */
  resolve?: Resolve;
  /** Milliseconds of a clock that never goes back. @default the process's */
  now?: () => number;
}

/** How much of an answer is read, in bytes: a verdict and its sentence fit many times. */
const maxAnswerBytes = 16 * 1024;
/** How long a verdict holds for the same text of the same message, in milliseconds: as long as clients repeat a call that got no answer. */
const verdictMs = 60_000;
/** Verdicts that are remembered at once; beyond, the oldest is forgotten, and a repeat asks again. */
const maxVerdicts = 1_000;

const answerSchema = z.discriminatedUnion('verdict', [
  z.object({ verdict: z.literal('allow') }),
  z.object({ verdict: z.literal('refuse'), message: z.string().nullish() }),
  z.object({ verdict: z.literal('hide') }),
]);

/** Why there is no verdict. `away` is true if the next text would likely wait in vain too. */
class NoVerdict extends Error {
  override readonly name = 'NoVerdict';
  readonly away: boolean;

  constructor(message: string, away: boolean) {
    super(message);
    this.away = away;
  }
}

/**
 * Asks the address that admins set about each text before it is said.
 *
 * - An endpoint that cannot be reached, or does not answer in time, is left alone for some seconds. Then one text tries it, and the others still go on
 *   without it, so however many people write, a message waits for it once in that time.
 * - An answer that is no verdict counts for its text alone.
 * - The same text of the same message is asked about once, also by calls at the same moment.
 */
export class ModerationWebhook {
  readonly #deps: ModerationWebhookDeps;
  readonly #options: Required<Omit<ModerationWebhookOptions, 'resolve'>> & Pick<ModerationWebhookOptions, 'resolve'>;
  readonly #verdicts = new Map<string, { verdict: Promise<Verdict>; until: number }>();
  /** The address that was away, and until when nobody is asked. */
  #away: { url: string; until: number } | null = null;

  constructor(deps: ModerationWebhookDeps, options: ModerationWebhookOptions = {}) {
    this.#deps = deps;
    this.#options = { answerMs: 500, restMs: 5_000, now: () => performance.now(), ...options };
  }

  /** What asks; undefined while no address is set, so that a message costs nothing then. */
  get judge(): Judge | undefined {
    const url = this.#deps.settings.get('moderationUrl');
    return url === '' ? undefined : (said) => this.#judge(url, said);
  }

  async #judge(url: string, said: SaidText): Promise<Verdict> {
    try {
      return await this.#remembered(url, said);
    } catch (error) {
      if (!(error instanceof NoVerdict)) throw error;
      if (this.#deps.settings.get('moderationAway') === 'allow') return { kind: 'allow' };
      throw new AppError('UNAVAILABLE', 'What is said here is checked first, and the check does not answer. Try again in a moment.', {
        cause: error,
      });
    }
  }

  #remembered(url: string, said: SaidText): Promise<Verdict> {
    const { now } = this.#options;
    const id = idOf(url, said);
    const known = this.#verdicts.get(id);
    if (known && known.until > now()) return known.verdict;
    const verdict = this.#unlessAway(url, id, said);
    this.#verdicts.delete(id);
    this.#verdicts.set(id, { verdict, until: now() + verdictMs });
    if (this.#verdicts.size > maxVerdicts) this.#verdicts.delete(this.#verdicts.keys().next().value!);
    // That there was no answer is not remembered: the next try asks.
    verdict.catch(() => {
      if (this.#verdicts.get(id)?.verdict === verdict) this.#verdicts.delete(id);
    });
    return verdict;
  }

  async #unlessAway(url: string, id: string, said: SaidText): Promise<Verdict> {
    const { now, restMs } = this.#options;
    const was = this.#away?.url === url ? this.#away : null;
    if (was) {
      if (was.until > now()) throw new NoVerdict('the endpoint was away a moment ago', true);
      // This one tries; the others go on without until it knows.
      was.until = now() + restMs;
    }
    try {
      const verdict = await this.#ask(url, id, said);
      this.#isThere(url);
      return verdict;
    } catch (error) {
      if (!(error instanceof NoVerdict)) throw error;
      if (error.away) this.#isAway(url, error);
      else this.#deps.log.warn({ reason: error.message }, 'the moderation webhook gave no verdict');
      throw error;
    }
  }

  #isThere(url: string): void {
    if (this.#away?.url !== url) return;
    this.#away = null;
    this.#deps.log.info({}, 'the moderation webhook answers again');
  }

  #isAway(url: string, { message }: NoVerdict): void {
    const before = this.#away?.url === url;
    this.#away = { url, until: this.#options.now() + this.#options.restMs };
    if (!before) this.#deps.log.warn({ reason: message }, 'the moderation webhook is away');
  }

  async #ask(url: string, id: string, said: SaidText): Promise<Verdict> {
    const { answerMs } = this.#options;
    const over = new AbortController();
    const timer = setTimeout(() => over.abort(new NoVerdict(`there was no answer within ${answerMs} ms`, true)), answerMs);
    const timeUp = new Promise<never>((_resolve, reject) => {
      over.signal.addEventListener('abort', () => reject(over.signal.reason as Error), { once: true });
    });
    try {
      return await Promise.race([this.#exchange(url, id, said, over.signal), timeUp]);
    } catch (error) {
      if (over.signal.aborted) throw over.signal.reason;
      if (error instanceof NoVerdict) throw error;
      throw new NoVerdict(`the connection failed: ${error instanceof Error ? error.message : String(error)}`, true);
    } finally {
      clearTimeout(timer);
    }
  }

  async #exchange(url: string, id: string, said: SaidText, signal: AbortSignal): Promise<Verdict> {
    const { settings, allowed } = this.#deps;
    const target = await findWebhookTarget(url, allowed, this.#options.resolve);
    signal.throwIfAborted();
    if (target.kind === 'refused') throw new NoVerdict(target.why, true);
    const secret = settings.get('moderationSecret');
    const body = JSON.stringify(question(said));
    const headers = signedHeaders({ id, body, secrets: secret === '' ? [] : [secret] });
    const answer = await reachTarget(target, { method: 'POST', headers, body, signal });
    if (answer.statusCode !== 200) {
      answer.destroy();
      throw new NoVerdict(`the answer was HTTP ${answer.statusCode}`, false);
    }
    return verdictOf(await textOf(answer));
  }
}

/** One id for the same text of the same message, also on other processes, so that the endpoint can know a repeat. */
function idOf(url: string, { room, content, of, replyTo }: SaidText): string {
  const what = JSON.stringify([url, room.roomId, room.actor.userId, of, content, replyTo ?? null]);
  return `msg_${createHash('sha256').update(what).digest('hex').slice(0, 40)}`;
}

function question({ room, content, of, replyTo }: SaidText) {
  return {
    type: 'message.check',
    timestamp: new Date().toISOString(),
    data: {
      roomId: room.roomId,
      visibility: room.visibility,
      author: { id: room.actor.userId, username: room.actor.username },
      /** Null for a new message. */
      messageId: 'messageId' in of ? of.messageId : null,
      replyTo: replyTo ?? null,
      content,
    },
  };
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) {
      answer.destroy();
      throw new NoVerdict(`the answer had more than ${maxAnswerBytes / 1024} kB`, false);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** @throws NoVerdict for all that is none */
function verdictOf(text: string): Verdict {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new NoVerdict('the answer was no JSON', false);
  }
  const read = answerSchema.safeParse(json);
  if (!read.success) throw new NoVerdict('the answer was no verdict', false);
  if (read.data.verdict !== 'refuse') return { kind: read.data.verdict };
  return { kind: 'refuse', message: sentence(read.data.message ?? '') };
}

/** A stranger's sentence as one line of plain text, cut; null if nothing is left. */
function sentence(text: string): string | null {
  const line = text
    .slice(0, 4 * maxModerationSentence)
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .trim();
  return line === '' ? null : cutText(line, maxModerationSentence);
}
