import { z } from 'zod';
import { idSchema } from './inputs.js';
import { maxBlockedWordLength, maxBlockedWords, maxRetentionDays, maxUrlLength } from './limits.js';
import { blockedWordActions, type BlockedWordAction } from './moderation-words.js';
import { textSchema } from './names.js';

/**
 * Settings of the server that change while it runs: admins set them, and every process has them in force within seconds. A setting is one
 * row of this table. A variable of the environment that is set wins over what an admin sets, and the page says so.
 */
export interface InstanceSetting<T = unknown> {
  /** What a value has to be. */
  schema: z.ZodType<T>;
  /** In force where neither a variable nor an admin says otherwise. */
  default: T;
  /** How the page lets people choose it. */
  form:
    | { kind: 'choice'; choices: Readonly<Record<string, string>> }
    | { kind: 'count'; unit: string; min: number; max: number }
    | { kind: 'flag' }
    | { kind: 'text'; maxLength: number }
    | { kind: 'url'; maxLength: number }
    /** A text that is never shown again, in no answer and not in the audit log. */
    | { kind: 'secret'; maxLength: number }
    | { kind: 'lines' }
    | { kind: 'rooms' };
  /** Under which the page shows it. */
  group: string;
  label: string;
  /** What it does, in a sentence. */
  does: string;
  /** The variable that fixes it, as the processes read it. @default none */
  variable?: string;
}

function setting<T>(row: InstanceSetting<T>): InstanceSetting<T> {
  return row;
}

/** Who may register, by invitation or not; `automatic` stands for what `REGISTRATION` is where it is not set. */
export const registrations = ['open', 'invite', 'closed'] as const;

export const instanceSettings = {
  registration: setting<(typeof registrations)[number] | 'automatic'>({
    schema: z.enum([...registrations, 'automatic']),
    default: 'automatic',
    form: {
      kind: 'choice',
      choices: {
        automatic: 'By where the server is: anyone on this machine, otherwise nobody',
        open: 'Anyone who reaches the server',
        invite: 'Whoever has an invitation',
        closed: 'Nobody',
      },
    },
    group: 'People',
    label: 'Who may make an account',
    does: 'Decides whether newcomers can register.',
    variable: 'REGISTRATION',
  }),
  newcomerRooms: setting<string[]>({
    schema: z.array(idSchema).max(20),
    default: [],
    form: { kind: 'rooms' },
    group: 'People',
    label: 'Rooms for newcomers',
    does: 'Whoever makes an account enters these public rooms, beside the Lobby.',
  }),
  announcement: setting<string>({
    schema: textSchema.trim().max(300),
    default: '',
    form: { kind: 'text', maxLength: 300 },
    group: 'People',
    label: 'Announcement',
    does: 'Told to everyone who is signed in whose program asks for it, at GET /api/announcement. Empty: none.',
  }),
  retentionDays: setting<number>({
    schema: z.int().min(0).max(maxRetentionDays),
    default: 0,
    form: { kind: 'count', unit: 'days', min: 0, max: maxRetentionDays },
    group: 'Privacy',
    label: 'How long messages are kept',
    does: 'Older messages are removed in every room; 0 keeps them for good. A room may keep its own for less.',
    variable: 'RETENTION_DAYS',
  }),
  retentionLeastDays: setting<number>({
    schema: z.int().min(1).max(maxRetentionDays),
    default: 1,
    form: { kind: 'count', unit: 'days', min: 1, max: maxRetentionDays },
    group: 'Privacy',
    label: 'How long a room has to keep messages',
    does: 'The fewest days that the owners of a room may choose for it.',
    variable: 'RETENTION_LEAST_DAYS',
  }),
  blockedWords: setting<string[]>({
    schema: z.array(textSchema.trim().min(1).max(maxBlockedWordLength)).max(maxBlockedWords),
    default: [],
    form: { kind: 'lines' },
    group: 'Moderation',
    label: 'Blocked words',
    does: 'Nobody may say them in any room, whatever their case, accents and letters that look alike. One a line.',
  }),
  blockedWordsAction: setting<BlockedWordAction>({
    schema: z.enum(blockedWordActions),
    default: 'refuse',
    form: { kind: 'choice', choices: { refuse: 'The message is refused', mask: 'The words are masked' } },
    group: 'Moderation',
    label: 'What becomes of a blocked word',
    does: 'Decides about messages and edits of people, bots and hooks.',
  }),
  moderationUrl: setting<string>({
    schema: z.union([
      z.literal(''),
      z.url({ protocol: /^https?$/, error: 'is no address that begins with https:// or http://' }).max(maxUrlLength),
    ]),
    default: '',
    form: { kind: 'url', maxLength: maxUrlLength },
    group: 'Moderation',
    label: 'Moderation webhook',
    does: 'An address that is asked about each message and edit before it is said, and allows, refuses or hides it. Empty: nobody is asked.',
  }),
  moderationSecret: setting<string>({
    schema: z.string().regex(/^(?:whsec_(?:[A-Za-z0-9+/]{4}){8,64}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)?$/, {
      error: 'has to be whsec_ and 24 bytes or more in base64',
    }),
    default: '',
    form: { kind: 'secret', maxLength: 300 },
    group: 'Moderation',
    label: 'Secret of the moderation webhook',
    does: 'Signs what the moderation webhook is asked, as other webhooks are signed: whsec_ and at least 24 bytes in base64. It is not shown again.',
  }),
  moderationAway: setting<'allow' | 'refuse'>({
    schema: z.enum(['allow', 'refuse']),
    default: 'allow',
    form: { kind: 'choice', choices: { allow: 'It is said', refuse: 'It is refused, until there is an answer' } },
    group: 'Moderation',
    label: 'What becomes of a message without an answer',
    does: 'Decides where the moderation webhook gives no verdict within half a second.',
  }),
  auditDays: setting<number>({
    schema: z.int().min(1).max(36_500),
    default: 365,
    form: { kind: 'count', unit: 'days', min: 1, max: 36_500 },
    group: 'Records',
    label: 'How long the audit log is kept',
    does: 'Older entries are deleted, and by nothing else.',
    variable: 'AUDIT_DAYS',
  }),
} as const;

type Settings = typeof instanceSettings;
export type SettingName = keyof Settings;
export type SettingValue<N extends SettingName> = z.infer<Settings[N]['schema']>;
export type SettingValues = { [N in SettingName]: SettingValue<N> };

export const settingNames = Object.keys(instanceSettings) as SettingName[];

/** The settings that these variables fix. @param env variables as `parseEnv` read them */
export function fixedSettings(env: Readonly<Record<string, unknown>>): Partial<SettingValues> {
  const fixed: Record<string, unknown> = {};
  for (const [name, { variable, schema }] of Object.entries(instanceSettings as Record<string, InstanceSetting>)) {
    if (variable !== undefined && env[variable] !== undefined) fixed[name] = schema.parse(env[variable]);
  }
  return fixed as Partial<SettingValues>;
}

/** What stands for a secret that is set. */
export const settingSecretSet = '••••••••';

const settingValueSchema = z.union([z.string().max(100_000), z.number(), z.boolean(), z.array(z.string().max(10_000)).max(1_000)]);

/** A setting as it is in force. */
export const settingViewSchema = z.object({
  name: z.enum(settingNames as [SettingName, ...SettingName[]]),
  value: settingValueSchema,
  /** What decides it: a variable of the server’s environment, what an admin set, or neither. */
  from: z.enum(['variable', 'setting', 'default']),
  /** The variable that fixes it, if there is one for it. */
  variable: z.string().nullable(),
  changedAt: z.string().nullable(),
  /** The name of who set it last. */
  changedBy: z.string().nullable(),
});
export type SettingView = z.infer<typeof settingViewSchema>;

export const settingsGetOutput = settingViewSchema.array().max(200);

export const settingsSetInput = z.object({
  name: z.enum(settingNames as [SettingName, ...SettingName[]]),
  /** Null: the default again. */
  value: settingValueSchema.nullable(),
});

/** What is told to everyone who is signed in. */
export const settingsShownOutput = z.object({ announcement: z.string().max(300) });
