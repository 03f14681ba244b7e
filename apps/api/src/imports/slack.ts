import type { SourceMessage, SourcePerson, SourceRoom } from '@parley/core/imports/source-rooms';
import { z } from 'zod';
import { asJson } from './as-json.js';
import { emojiNamed } from './emoji-names.js';
import {
  fileLine,
  isDamage,
  isWebAddress,
  maxElementBytes,
  withoutKeys,
  type ExportReader,
  type MessageSink,
  type TextNames,
} from './export-reader.js';
import { importError } from './import-error.js';
import type { ReportLine } from './import-report.js';
import { jsonElements, NotAnArray } from './json-elements.js';
import { slackBlocks, slackMarkdown, type SlackNames } from './slack-text.js';
import { RefusedEntry, ZipFile } from './zip-file.js';

const text = z.string().catch('');
const ids = z.array(z.string()).catch([]);

const userSchema = z.looseObject({
  id: z.string().min(1),
  team_id: z.string().optional().catch(undefined),
  name: text,
  real_name: text,
  is_bot: z.boolean().catch(false),
  profile: z
    .looseObject({ real_name: text, display_name: text, email: z.string().nullable().catch(null) })
    .catch({ real_name: '', display_name: '', email: null }),
});

const channelSchema = z.looseObject({
  id: z.string().min(1),
  name: text,
  creator: z.string().nullable().catch(null),
  is_archived: z.boolean().catch(false),
  members: ids,
  topic: z.looseObject({ value: text }).catch({ value: '' }),
  purpose: z.looseObject({ value: text }).catch({ value: '' }),
  pins: z.array(z.looseObject({ id: text, created: z.number().catch(0) })).catch([]),
});

const fileSchema = z.looseObject({
  id: text,
  name: z.string().nullable().optional().catch(undefined),
  title: z.string().nullable().optional().catch(undefined),
  mode: text,
  size: z.number().optional().catch(undefined),
  permalink: z.string().optional().catch(undefined),
  url_private: z.string().optional().catch(undefined),
  url_private_download: z.string().optional().catch(undefined),
});

const attachmentSchema = z.looseObject({
  pretext: text,
  title: text,
  title_link: text,
  text: text,
  fallback: text,
  from_url: text,
  fields: z.array(z.looseObject({ title: text, value: text })).catch([]),
  blocks: z.unknown().optional(),
});

const messageSchema = z.looseObject({
  type: text,
  subtype: z.string().optional().catch(undefined),
  ts: z.string().regex(/^\d{1,12}(?:\.\d{1,6})?$/),
  thread_ts: z.string().optional().catch(undefined),
  user: z.string().optional().catch(undefined),
  username: z.string().optional().catch(undefined),
  bot_id: z.string().nullable().optional().catch(undefined),
  bot_profile: z.looseObject({ name: text }).optional().catch(undefined),
  user_profile: z.looseObject({ real_name: text, display_name: text }).optional().catch(undefined),
  text: text,
  blocks: z.unknown().optional(),
  attachments: z.array(attachmentSchema).catch([]),
  files: z.array(fileSchema).catch([]),
  edited: z.looseObject({ ts: text }).optional().catch(undefined),
  reactions: z.array(z.looseObject({ name: text, users: ids, count: z.number().catch(0) })).catch([]),
  pinned_to: ids,
  pinned_info: z.unknown().optional(),
});
type SlackMessage = z.infer<typeof messageSchema>;

/** Subtypes of what somebody says. */
const saidSubtypes = new Set([
  'me_message',
  'thread_broadcast',
  'reply_broadcast',
  'file_share',
  'file_comment',
  'file_mention',
  'bot_message',
  'slackbot_response',
]);
/** Subtypes of lines that the server says. */
const lineSubtypes =
  /^(?:channel|group|mpim)_(?:join|leave|topic|purpose|name|archive|unarchive|convert_to_private|convert_to_public|posting_permissions|canvas_updated)$|^(?:pinned_item|unpinned_item|bot_add|bot_remove|bot_enable|bot_disable|reminder_add|huddle_thread|sh_room_created|app_conversation_join|joiner_notification)$/;
/** Subtypes of news about other messages, which the export has as they became. */
const newsSubtypes = new Set(['message_changed', 'message_deleted', 'message_replied', 'ekm_access_denied']);

interface SlackRoom extends SourceRoom {
  folder: string;
  pins: ReadonlyMap<string, number>;
}

/**
 * Opens an export of Slack: a zip with `users.json`, lists of channels, and for each of them a folder with a file for each day.
 *
 * @throws AppError if it is none
 */
export async function openSlackExport(path: string): Promise<ExportReader> {
  const zip = await ZipFile.open(path);
  try {
    // Some tools put all of it into a folder.
    const usersFile = zip.list().find(({ name }) => /^(?:[^/]+\/)?(?:org_)?users\.json$/.test(name));
    if (!usersFile) throw importError(`${path} has no users.json: it is no export of Slack.`);
    const root = usersFile.name.replace(/(?:org_)?users\.json$/, '');
    const notes: ReportLine[] = [];
    const users = await readList(zip, usersFile.name, userSchema, notes);
    const team = users.find(({ team_id: id }) => id)?.team_id ?? 'team';
    const rooms: SlackRoom[] = [];
    for (const [file, visibility] of [
      ['channels', 'public'],
      ['groups', 'private'],
      ['mpims', 'private'],
      ['dms', 'direct'],
    ] as const) {
      if (!zip.has(`${root}${file}.json`)) continue;
      for (const channel of await readList(zip, `${root}${file}.json`, channelSchema, notes)) rooms.push(roomOf(channel, file, visibility));
    }
    if (rooms.length === 0) throw importError(`${path} lists no channel: it is no export of Slack, or an empty one.`);
    return {
      source: `slack:${team}`,
      people: users.map(personOf),
      ownersKey: null,
      notes,
      close: () => zip.close(),
      async readMessages(names, sink) {
        await readMessages(zip, root, rooms, users, names, sink);
        return rooms;
      },
    };
  } catch (error) {
    zip.close();
    throw error;
  }
}

async function readList<T>(zip: ZipFile, name: string, schema: z.ZodType<T>, notes: ReportLine[]): Promise<T[]> {
  const list: T[] = [];
  try {
    for await (const element of jsonElements(await zip.read(name), maxElementBytes)) {
      const parsed = 'text' in element ? schema.safeParse(asJson(element.text)) : null;
      if (parsed?.success) list.push(parsed.data);
      else
        notes.push({
          what: 'entry not understood',
          detail: `${name}, number ${element.place + 1}${'problem' in element ? ` ${element.problem}` : ''}`,
        });
    }
  } catch (error) {
    throw importError(
      `${name} in the zip cannot be read: ${error instanceof Error ? error.message : String(error)}. Nothing was imported.`,
      error,
    );
  }
  return list;
}

function personOf({ id, name, real_name: real, is_bot: bot, profile }: z.infer<typeof userSchema>): SourcePerson {
  return { key: id, name: profile.display_name || profile.real_name || real || name, handle: name, email: profile.email, bot };
}

function roomOf(channel: z.infer<typeof channelSchema>, file: string, visibility: SourceRoom['visibility']): SlackRoom {
  const { id, name, creator, members, topic, purpose, pins, is_archived: archived } = channel;
  const isNamed = file === 'channels' || file === 'groups';
  return {
    key: id,
    name: isNamed ? name : '',
    topic: topic.value || purpose.value,
    visibility,
    members,
    owner: creator,
    archived,
    chat: false,
    folder: file === 'dms' ? id : name,
    pins: new Map(pins.map((pin) => [pin.id, pin.created * 1000])),
  };
}

async function readMessages(
  zip: ZipFile,
  root: string,
  rooms: readonly SlackRoom[],
  users: readonly z.infer<typeof userSchema>[],
  names: TextNames,
  sink: MessageSink,
): Promise<void> {
  const byFolder = new Map(rooms.map((room) => [room.folder, room]));
  const reader = new SlackRoomReader(new Set(users.map(({ id }) => id)), new Map(rooms.map(({ key, name }) => [key, name])), names, sink);
  let days = 0;
  for (const { name } of zip.list().toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const [folder, day, ...more] = name.slice(root.length).split('/');
    if (!name.startsWith(root) || !folder || !day || more.length > 0 || !day.endsWith('.json')) {
      if (name.includes('/') && !name.endsWith('/')) sink.note({ what: 'file of the zip not read', detail: name });
      continue;
    }
    const room = byFolder.get(folder);
    if (!room) {
      sink.note({ what: 'folder of no channel', detail: name });
      continue;
    }
    try {
      for await (const element of jsonElements(await zip.read(name), maxElementBytes)) {
        sink.signal?.throwIfAborted();
        if ('problem' in element)
          sink.note({ what: 'message not read', room: room.key, detail: `${name}, number ${element.place + 1}: ${element.problem}` });
        else await reader.read(room, element.text, `${name}, number ${element.place + 1}`);
      }
    } catch (error) {
      if (!(error instanceof NotAnArray) && !(error instanceof RefusedEntry) && !isDamage(error)) throw error;
      sink.note({
        what: 'file of the zip not read to its end',
        room: room.key,
        detail: `${name}: ${error instanceof Error ? error.message : String(error)}`,
      });
    }
    sink.at('reading days', ++days);
  }
}

class SlackRoomReader {
  readonly #users: ReadonlySet<string>;
  readonly #names: SlackNames;
  readonly #namesOfLines: SlackNames;
  readonly #sink: MessageSink;
  /** Whom the message under way mentions. */
  #mentioned = new Set<string>();

  constructor(users: ReadonlySet<string>, channels: ReadonlyMap<string, string>, names: TextNames, sink: MessageSink) {
    this.#users = users;
    this.#sink = sink;
    const channel = (id: string) => channels.get(id) || 'channel';
    this.#names = {
      person: (id) => {
        this.#mentioned.add(id);
        return names.mention(id);
      },
      channel,
    };
    this.#namesOfLines = { person: (id) => names.name(id), channel };
  }

  async read(room: SlackRoom, json: string, place: string): Promise<void> {
    const parsed = messageSchema.safeParse(asJson(json));
    if (!parsed.success) {
      this.#sink.note({ what: 'message not understood', room: room.key, detail: place });
      return;
    }
    const message = parsed.data;
    const note = (what: string, detail?: string) =>
      this.#sink.note({ what, room: room.key, message: message.ts, at: instantOf(message.ts), detail });
    if (message.subtype !== undefined && newsSubtypes.has(message.subtype)) return note('news about a message', message.subtype);
    this.#mentioned = new Set();
    const isLine = message.subtype !== undefined && lineSubtypes.test(message.subtype);
    if (message.subtype !== undefined && !isLine && !saidSubtypes.has(message.subtype) && message.subtype !== 'tombstone')
      note('unknown kind of message, taken as a text', message.subtype);
    const content = isLine ? slackMarkdown(message.text, this.#namesOfLines) : this.#content(message, note);
    const isReply = message.thread_ts !== undefined && message.thread_ts !== message.ts;
    const said: SourceMessage = {
      key: message.ts,
      at: Math.floor(Number(message.ts) * 1000),
      kind: isLine ? 'system' : 'text',
      author: isLine ? null : this.#author(message),
      content,
      replyTo: isReply ? message.thread_ts! : null,
      mentions: isLine ? [] : [...this.#mentioned],
      reactions: message.reactions.map(({ name, users, count }) => {
        if (count > users.length) note('reaction by people whom the export does not name', `${name}: ${count - users.length}`);
        return { emoji: emojiNamed(name) ?? `:${name}:`, people: users };
      }),
      editedAt: message.edited?.ts ? Math.floor(Number(message.edited.ts) * 1000) || null : null,
      deletedAt: message.subtype === 'tombstone' ? Math.floor(Number(message.ts) * 1000) : null,
      pinnedAt: room.pins.get(message.ts) ?? (message.pinned_to.includes(room.key) ? Math.floor(Number(message.ts) * 1000) : null),
      model: null,
    };
    await this.#sink.add(room.key, Number(message.ts) * 1e6, said);
  }

  #author({ user, username, bot_id: bot, bot_profile: profile, user_profile: person }: SlackMessage): SourceMessage['author'] {
    if (user !== undefined && this.#users.has(user)) return { person: user };
    return { name: username || profile?.name || person?.display_name || person?.real_name || user || '', bot: Boolean(bot) };
  }

  #content(message: SlackMessage, note: (what: string, detail?: string) => void): string {
    const blocks = slackBlocks(message.blocks, this.#names);
    for (const type of blocks.unknown) note('part of a message not understood', type);
    // A program's text is what its blocks say in short; a person's blocks say what the text says, and more exactly.
    const own =
      blocks.markdown === '' || (!blocks.rich && message.text !== '') ? slackMarkdown(message.text, this.#names) : blocks.markdown;
    const parts = [message.subtype === 'me_message' && own !== '' ? `_${own}_` : own];
    for (const attachment of message.attachments) parts.push(this.#attachment(attachment, note));
    for (const file of message.files) {
      if (file.mode === 'tombstone' || file.mode === 'hidden_by_limit') {
        note('file that is gone', file.id);
        parts.push(fileLine('file', {}));
        continue;
      }
      const name = file.name ?? file.title ?? file.id;
      const address = file.url_private_download ?? file.url_private ?? file.permalink;
      note('file not imported', `${name}${address ? ` ${address}` : ''}`);
      const link = file.permalink ?? file.url_private;
      parts.push(fileLine(name, { link: isWebAddress(link) ? withoutKeys(link) : undefined, bytes: file.size }));
    }
    const content = parts.filter((part) => part !== '').join('\n\n');
    if (content !== '' || message.subtype === 'tombstone') return content;
    note('message without a text');
    return '(no text)';
  }

  #attachment(attachment: z.infer<typeof attachmentSchema>, note: (what: string, detail?: string) => void): string {
    const { pretext, title, title_link: link, text: said, fallback, fields } = attachment;
    const blocks = slackBlocks(attachment.blocks, this.#names);
    for (const type of blocks.unknown) note('part of a message not understood', type);
    const head =
      title === '' ? '' : isWebAddress(link) ? `[${title.replaceAll(/[[\]]/g, ' ')}](<${link.replaceAll(/[<>\s]/g, '')}>)` : `**${title}**`;
    const lines = [
      head,
      said === '' ? '' : slackMarkdown(said, this.#names),
      blocks.markdown,
      ...fields.map((field) => `${field.title === '' ? '' : `**${field.title}** `}${slackMarkdown(field.value, this.#names)}`),
    ].filter((line) => line !== '');
    if (lines.length === 0 && fallback !== '') lines.push(slackMarkdown(fallback, this.#names));
    const quoted = lines
      .join('\n')
      .split('\n')
      .map((line) => `> ${line}`)
      .join('\n');
    return [pretext === '' ? '' : slackMarkdown(pretext, this.#names), lines.length === 0 ? '' : quoted]
      .filter((part) => part !== '')
      .join('\n\n');
  }
}

function instantOf(ts: string): string {
  return new Date(Math.floor(Number(ts) * 1000)).toISOString();
}
