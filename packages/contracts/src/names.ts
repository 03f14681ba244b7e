import { z } from 'zod';
import { canonicalEmoji } from './canonical-emoji.js';
import { handlePattern } from './handles.js';
import * as limits from './limits.js';

/**
 * The texts that stand beside other people's words, or stand for a person: names, handles, lines about things, reactions. Every door
 * checks them by these schemas, whether a person types them, a program sends them or a file brings them.
 */

/**
 * PostgreSQL cannot store U+0000, and UTF-8 cannot encode lone surrogates. Both are refused, so that nothing changes behind the sender's
 * back.
 */
export const textSchema = z
  .string()
  .refine((value) => !value.includes('\0') && value.isWellFormed(), 'must be well-formed Unicode without U+0000');

/**
 * A line about something: a topic, a tagline. It may have no line break, no control character and nothing that reverses the text after
 * it (as U+202E does). Direction marks and joiners are allowed, because scripts need them, and as many marks on one letter as scripts
 * stack (Tibetan has up to eight): more would be drawn over the lines above and below. Stored in NFC.
 */
export const lineSchema = textSchema
  .trim()
  .normalize('NFC')
  .regex(/^[^\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]*$/u, 'must have no control characters')
  .refine((value) => !/[\p{Mn}\p{Me}]{9}/u.test(value), 'must have no more than eight marks on one letter');

/** A {@link lineSchema} with something to see in it: a name of spaces, joiners and fillers alone would look like no name. */
export const nameSchema = lineSchema.regex(
  /[^\p{Z}\p{Cc}\p{Cf}\p{M}\p{NChar}\u115f\u1160\u2800\u3164\uffa0]/u,
  'must have a letter, digit or sign in it',
);

export const displayNameSchema = nameSchema.max(limits.maxDisplayNameLength);
export const roomNameSchema = nameSchema.max(limits.maxRoomNameLength);
export const topicSchema = lineSchema.max(limits.maxTopicLength);

/** A note of a room: text without markup, of several lines if need be, with something to see in it. */
export const noteTextSchema = textSchema
  .trim()
  .normalize('NFC')
  .max(limits.maxNoteLength)
  .refine(
    (value) => nameSchema.safeParse(value.replaceAll(/\s+/g, ' ')).success,
    'must have a letter, digit or sign in it, and no control characters',
  );

/** The name of a command, without the slash. */
export const commandNameSchema = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'use up to 32 letters, digits and “-”, starting with a letter');

export const usernameSchema = z
  .string()
  .trim()
  .toLowerCase()
  .min(limits.minUsernameLength)
  .max(limits.maxUsernameLength)
  .regex(handlePattern, 'use letters, digits, “-”, “_” and inner dots, starting with a letter or digit');

/** A Lucide icon's name. One that the page does not know is drawn as the icon of any character. */
export const glyphSchema = z
  .string()
  .max(40)
  .regex(/^[a-z][a-z0-9-]*$/, 'must be the name of an icon');

/** One emoji: a single grapheme with a pictograph, a flag (two regional indicators) or a keycap in it. */
export const emojiSchema = z
  .string()
  .overwrite(canonicalEmoji)
  .max(32)
  .regex(/^(?=.*(?:[\p{Extended_Pictographic}\u20e3]|\p{Regional_Indicator}{2}))\P{Cc}+$/u, 'must be one emoji')
  .refine((value) => value.isWellFormed() && [...new Intl.Segmenter().segment(value)].length === 1, 'must be one emoji');
