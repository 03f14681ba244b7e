import { AppError, cutText, maxMessageBytes, utf8Bytes } from '@parley/contracts';
import { checkJsonBounds } from '@parley/core/protocol/json-outline';
import { z } from 'zod';
import { callBounds } from '../../../call-bounds.js';
import { alertText, isAlerts } from './alert-text.js';
import { isSlack, slackText } from './slack-text.js';

/** What a program wants to say. */
export interface HookText {
  content: string;
  /**
   * True for a text in another program's form. It may quote strangers (the title of an issue, a line of a log), so it is read as no command
   * and calls nobody.
   */
  plain: boolean;
  /** True if the sender expects the answer that Slack gives. */
  asSlack: boolean;
}

/** Stands where a text was cut. */
const cutMark = '\n\n… *(cut)*';

const ownForm = z.object({ content: z.string(), plain: z.boolean().optional() });

/**
 * Reads the body of a request to a hook: `{content}`, Slack's form, or the alerts of Alertmanager and Grafana; as JSON, or as Slack's
 * `payload=` in a form. A text that is too long for a message is cut, with a mark.
 *
 * @param bot the username of the hook's bot: a sender of that name is not named again
 * @throws AppError VALIDATION
 */
export function readHookBody(body: unknown, bot: string): HookText {
  const given = parse(typeof body === 'string' ? body : '');
  const own = ownForm.safeParse(given);
  if (own.success) return { content: fitting(own.data.content), plain: own.data.plain ?? false, asSlack: false };
  if (isAlerts(given)) return { content: fitting(storable(alertText(given))), plain: true, asSlack: true };
  if (isSlack(given)) return { content: fitting(storable(slackText(given, bot))), plain: true, asSlack: true };
  throw new AppError('VALIDATION', 'content: give a text, or text, attachments or blocks as Slack takes them.', { field: 'content' });
}

function parse(body: string): unknown {
  const text = body.trimStart();
  // curl sends JSON as a form, unless it is told otherwise.
  const json = text.startsWith('{') ? text : payloadOf(text);
  if (json === null) throw unreadable();
  checkJsonBounds(json, callBounds);
  try {
    return JSON.parse(json) as unknown;
  } catch (error) {
    throw unreadable(error);
  }
}

/** The field `payload` of a form, or null. */
function payloadOf(form: string): string | null {
  const name = 'payload=';
  const field = form.split('&').find((each) => each.startsWith(name));
  if (field === undefined) return null;
  try {
    // A % that stands for itself is taken. Bytes that are no UTF-8 are not, unlike by URLSearchParams.
    return decodeURIComponent(
      field
        .slice(name.length)
        .replaceAll('+', ' ')
        .replaceAll(/%(?![\da-f]{2})/gi, '%25'),
    );
  } catch (error) {
    throw unreadable(error);
  }
}

function unreadable(cause?: unknown): AppError {
  return new AppError('VALIDATION', 'The body could not be read. Send a JSON object, or one as the field “payload” of a form.', {
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The text as it can be stored: whoever quotes a line of a log cannot help what is in it, and will not say it again otherwise. */
const storable = (text: string): string => text.replaceAll('\0', '\ufffd').toWellFormed();

/** The text, cut to what a message takes. */
function fitting(text: string): string {
  if (text.length <= maxMessageBytes && utf8Bytes(text) <= maxMessageBytes) return text;
  const room = maxMessageBytes - utf8Bytes(cutMark);
  let cut = cutText(text, room);
  for (let bytes = utf8Bytes(cut); bytes > room; bytes = utf8Bytes(cut)) cut = cutText(cut, Math.floor((cut.length * room) / bytes));
  return `${cut.trimEnd()}${cutMark}`;
}
