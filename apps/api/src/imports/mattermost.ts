import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { SourceMessage, SourcePerson, SourceRoom } from '@parley/core/imports/source-rooms';
import { z } from 'zod';
import { asJson } from './as-json.js';
import { emojiNamed } from './emoji-names.js';
import { fileLine, isDamage, maxElementBytes, type ExportReader, type MessageSink, type TextNames } from './export-reader.js';
import { importError } from './import-error.js';
import type { ReportLine } from './import-report.js';
import { boundedLines } from './bounded-lines.js';
import { ZipFile } from './zip-file.js';

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '')
  .catch('');
const time = z.number().min(0).max(8.64e15);
const reactions = z
  .array(z.looseObject({ user: text, emoji_name: text }))
  .nullish()
  .catch([]);
const attachments = z
  .array(z.looseObject({ path: text }))
  .nullish()
  .catch([]);
const props = z
  .looseObject({
    override_username: text,
    from_webhook: z.unknown().optional(),
    from_bot: z.unknown().optional(),
    attachments: z
      .array(z.looseObject({ pretext: text, title: text, title_link: text, text: text, fallback: text }))
      .nullish()
      .catch([]),
  })
  .nullish()
  .catch(null);

const saidFields = {
  user: text,
  type: text,
  message: text,
  props,
  create_at: time,
  edit_at: time.nullish().catch(null),
  delete_at: time.nullish().catch(null),
  reactions,
  attachments,
};
const replySchema = z.looseObject(saidFields);
const postFields = { ...saidFields, is_pinned: z.boolean().nullish().catch(false), replies: z.array(z.unknown()).nullish().catch([]) };

const lineSchemas = {
  version: z.looseObject({ version: z.number() }),
  team: z.looseObject({ team: z.looseObject({ name: z.string().min(1), display_name: text }) }),
  channel: z.looseObject({
    channel: z.looseObject({
      team: z.string().min(1),
      name: z.string().min(1),
      display_name: text,
      type: text,
      header: text,
      purpose: text,
      deleted_at: z.number().nullish().catch(null),
    }),
  }),
  user: z.looseObject({
    user: z.looseObject({
      username: z.string().min(1),
      email: z.string().nullish().catch(null),
      nickname: text,
      first_name: text,
      last_name: text,
      teams: z
        .array(
          z.looseObject({
            name: z.string(),
            channels: z
              .array(z.looseObject({ name: z.string(), roles: text }))
              .nullish()
              .catch([]),
          }),
        )
        .nullish()
        .catch([]),
    }),
  }),
  bot: z.looseObject({ bot: z.looseObject({ username: z.string().min(1), display_name: text }) }),
  post: z.looseObject({ post: z.looseObject({ team: z.string().min(1), channel: z.string().min(1), ...postFields }) }),
  direct_channel: z.looseObject({
    direct_channel: z.looseObject({
      members: z.array(z.string()).nullish(),
      participants: z
        .array(z.looseObject({ username: z.string() }))
        .nullish()
        .catch([]),
      header: text,
    }),
  }),
  direct_post: z.looseObject({ direct_post: z.looseObject({ channel_members: z.array(z.string()).min(1), ...postFields }) }),
} as const;
type LineType = keyof typeof lineSchemas;
type Post = z.infer<typeof replySchema>;

/** Lines that say nothing which has a place here. */
const unusedTypes = new Set(['emoji', 'role', 'scheme', 'schema', 'info']);

interface Room extends SourceRoom {
  members: string[];
  owner: string | null;
}

/**
 * Opens an export of Mattermost: lines of JSON, or a zip with a file of them. People come before what they say, so one reading finds them, and
 * another one the messages.
 *
 * @throws AppError if it is none
 */
export async function openMattermostExport(path: string): Promise<ExportReader> {
  const zip = (await isZip(path)) ? await ZipFile.open(path) : null;
  try {
    const inZip = zip?.list().find(({ name }) => /^[^/]*\.jsonl$/.test(name))?.name;
    if (zip && inZip === undefined) throw importError(`${path} has no file of lines (.jsonl) in it: it is no export of Mattermost.`);
    const open = (): Promise<Readable> | Readable => (zip ? zip.read(inZip!) : createReadStream(path));
    const [people, rooms, notes] = [new Map<string, SourcePerson>(), new Map<string, Room>(), [] as ReportLine[]];
    const first = { type: '' };
    for await (const line of boundedLines(await open(), maxElementBytes)) {
      // What is wrong with a line is noted when messages are read.
      const read = 'text' in line ? readLine(line.text) : null;
      if (first.type === '') {
        if (read?.type !== 'version')
          throw importError(`${path} does not begin as an export of Mattermost does: its first line says the version.`);
        if (read.value.version !== 1)
          throw importError(`${path} is of version ${read.value.version} of Mattermost’s format; this server reads 1.`);
        first.type = read.type;
      }
      if (read) addPeopleAndRooms(read, people, rooms);
    }
    if (first.type === '') throw importError(`${path} is empty.`);
    return {
      source: 'mattermost',
      people: [...people.values()],
      ownersKey: null,
      notes,
      close: () => zip?.close(),
      async readMessages(names, sink) {
        const reader = new MattermostReader(people, names, sink);
        let lines = 0;
        try {
          for await (const line of boundedLines(await open(), maxElementBytes)) {
            sink.signal?.throwIfAborted();
            lines = line.number;
            await reader.read(line);
            if (lines % 1_000 === 0) sink.at('reading lines', lines);
          }
        } catch (error) {
          if (!isDamage(error)) throw error;
          sink.note({
            what: 'file not read to its end',
            detail: `after line ${lines}: ${error instanceof Error ? error.message : String(error)}`,
          });
        }
        return [...rooms.values()];
      },
    };
  } catch (error) {
    zip?.close();
    throw error;
  }
}

async function isZip(path: string): Promise<boolean> {
  const file = await stat(path).catch(() => null);
  if (!file?.isFile()) throw importError(`There is no file ${path}.`);
  const [begin] = await createReadStream(path, { end: 1 }).take(1).toArray();
  return Buffer.isBuffer(begin) && begin.toString('latin1') === 'PK';
}

type ReadLine = { [Type in LineType]: { type: Type; value: z.infer<(typeof lineSchemas)[Type]> } }[LineType];

/** A line of a known type; null for any other, and for one that is not as its type says. */
function readLine(json: string): ReadLine | null {
  const value = asJson(json);
  const type = z.looseObject({ type: z.string() }).safeParse(value).data?.type;
  if (type === undefined || !Object.hasOwn(lineSchemas, type)) return null;
  const parsed = lineSchemas[type as LineType].safeParse(value);
  return parsed.success ? ({ type, value: parsed.data } as ReadLine) : null;
}

const roomKey = (team: string, channel: string): string => `${team}/${channel}`;
const directKey = (members: readonly string[]): string => `direct/${[...new Set(members)].toSorted().join('/')}`;

function addPeopleAndRooms(line: ReadLine, people: Map<string, SourcePerson>, rooms: Map<string, Room>): void {
  switch (line.type) {
    case 'channel': {
      const { team, name, display_name: shown, type, header, purpose, deleted_at: deleted } = line.value.channel;
      const key = roomKey(team, name);
      // Lines of people, which name the members, may come before this one.
      const members = rooms.get(key)?.members ?? [];
      const owner = rooms.get(key)?.owner ?? null;
      rooms.set(key, {
        key,
        name: shown || name,
        topic: header || purpose,
        visibility: type === 'O' ? 'public' : 'private',
        members,
        owner,
        archived: (deleted ?? 0) > 0,
        chat: false,
      });
      break;
    }
    case 'user': {
      const { username, email, nickname, first_name: first, last_name: last, teams } = line.value.user;
      people.set(username, {
        key: username,
        name: nickname || `${first} ${last}`.trim() || username,
        handle: username,
        email: email ?? null,
        bot: false,
      });
      for (const team of teams ?? []) {
        for (const channel of team.channels ?? []) {
          const room = roomNamed(rooms, team.name, channel.name);
          room.members.push(username);
          if (channel.roles.includes('channel_admin')) room.owner ??= username;
        }
      }
      break;
    }
    case 'bot': {
      const { username, display_name: shown } = line.value.bot;
      people.set(username, { key: username, name: shown || username, handle: username, email: null, bot: true });
      break;
    }
    case 'direct_channel': {
      const { members, participants, header } = line.value.direct_channel;
      addDirect(rooms, members?.length ? members : (participants ?? []).map(({ username }) => username), header);
      break;
    }
    case 'post':
      roomNamed(rooms, line.value.post.team, line.value.post.channel);
      break;
    case 'direct_post':
      addDirect(rooms, line.value.direct_post.channel_members, '');
      break;
    case 'version':
    case 'team':
      break;
  }
}

/** A channel that no line of its own describes is private: nobody is let in by mistake. */
function roomNamed(rooms: Map<string, Room>, team: string, name: string): Room {
  const key = roomKey(team, name);
  const known = rooms.get(key) ?? {
    key,
    name,
    topic: '',
    visibility: 'private' as const,
    members: [],
    owner: null,
    archived: false,
    chat: false,
  };
  rooms.set(key, known);
  return known;
}

function addDirect(rooms: Map<string, Room>, members: readonly string[], topic: string): void {
  const key = directKey(members);
  if (rooms.has(key)) return;
  const all = [...new Set(members)];
  rooms.set(key, {
    key,
    name: '',
    topic,
    visibility: all.length === 2 ? 'direct' : 'private',
    members: all,
    owner: null,
    archived: false,
    chat: false,
  });
}

class MattermostReader {
  readonly #people: ReadonlyMap<string, SourcePerson>;
  readonly #names: TextNames;
  readonly #sink: MessageSink;

  constructor(people: ReadonlyMap<string, SourcePerson>, names: TextNames, sink: MessageSink) {
    this.#people = people;
    this.#names = names;
    this.#sink = sink;
  }

  async read(line: { number: number; text: string } | { number: number; problem: string }): Promise<void> {
    if ('problem' in line) return this.#sink.note({ what: 'line not read', detail: `${line.number} ${line.problem}` });
    const read = readLine(line.text);
    if (!read) {
      const type = z.looseObject({ type: z.string() }).safeParse(asJson(line.text)).data?.type;
      if (type === undefined || !unusedTypes.has(type))
        this.#sink.note({
          what: type === undefined || Object.hasOwn(lineSchemas, type) ? 'line not understood' : 'line of an unknown type',
          detail: `${line.number}${type ? `, ${type}` : ''}`,
        });
      return;
    }
    if (read.type === 'post') {
      const { post } = read.value;
      await this.#post(roomKey(post.team, post.channel), post, line.number);
    } else if (read.type === 'direct_post') {
      const { direct_post: post } = read.value;
      await this.#post(directKey(post.channel_members), post, line.number);
    }
  }

  async #post(
    room: string,
    post: (Post & z.infer<typeof lineSchemas.post>['post']) | z.infer<typeof lineSchemas.direct_post>['direct_post'],
    line: number,
  ): Promise<void> {
    const key = keyOf(post);
    await this.#add(room, post, key, null, post.is_pinned ? post.create_at : null);
    for (const given of post.replies ?? []) {
      const reply = replySchema.safeParse(given);
      if (reply.success) await this.#add(room, reply.data, `${key}/${keyOf(reply.data)}`, key, null);
      else this.#sink.note({ what: 'answer not understood', room, message: key, detail: `line ${line}` });
    }
  }

  async #add(room: string, post: Post, key: string, replyTo: string | null, pinnedAt: number | null): Promise<void> {
    const at = new Date(post.create_at).toISOString();
    const note = (what: string, detail?: string) => this.#sink.note({ what, room, message: key, at, detail });
    const isLine = post.type.startsWith('system_') && post.type !== 'system_generic';
    if (post.type !== '' && !isLine && !saidTypes.has(post.type) && !post.type.startsWith('custom_'))
      note('unknown kind of message, taken as a text', post.type);
    const mentions = new Set<string>();
    const content = isLine ? post.message : this.#content(post, mentions, note);
    await this.#sink.add(room, post.create_at, {
      key,
      at: post.create_at,
      kind: isLine ? 'system' : 'text',
      author: isLine ? null : this.#author(post),
      content,
      replyTo,
      mentions: [...mentions],
      reactions: reactionsOf(post),
      editedAt: post.edit_at || null,
      deletedAt: post.delete_at || null,
      pinnedAt,
      model: null,
    });
  }

  #author({ user, props: given }: Post): SourceMessage['author'] {
    const hook = given?.override_username || '';
    const program = given?.from_webhook !== undefined || given?.from_bot !== undefined;
    if (hook !== '' && program) return { name: hook, bot: true };
    return this.#people.has(user) ? { person: user } : { name: user, bot: program };
  }

  #content(post: Post, mentions: Set<string>, note: (what: string, detail?: string) => void): string {
    const own = post.message.replaceAll(/(?<![\w@.])@([a-z0-9][a-z0-9._-]{0,63})/g, (all, name: string) => {
      // A dot at the end ends the sentence.
      const person = [name, name.replace(/[._-]{1,3}$/, '')].find((each) => this.#people.has(each));
      if (person === undefined) return all;
      mentions.add(person);
      return this.#names.mention(person) + name.slice(person.length);
    });
    const said = own.replaceAll(/:([a-z0-9_+-]{1,60}):/g, (all, name: string) => emojiNamed(name) ?? all);
    const parts = [post.type === 'me' && said !== '' ? `_${said}_` : said];
    for (const { pretext, title, title_link: link, text: body, fallback } of post.props?.attachments ?? []) {
      const lines = [
        title === '' ? '' : link === '' ? `**${title}**` : `[${title.replaceAll(/[[\]]/g, ' ')}](<${link.replaceAll(/[<>\s]/g, '')}>)`,
        body || fallback,
      ];
      const quoted = lines
        .filter((line) => line !== '')
        .join('\n')
        .split('\n')
        .map((line) => `> ${line}`)
        .join('\n');
      parts.push(pretext, quoted === '> ' ? '' : quoted);
    }
    for (const { path } of post.attachments ?? []) {
      note('file not imported', path);
      parts.push(fileLine(path.split('/').at(-1) ?? path, {}));
    }
    const content = parts.filter((part) => part !== '').join('\n\n');
    if (content !== '' || post.delete_at) return content;
    note('message without a text');
    return '(no text)';
  }
}

/** Types of posts that people or programs wrote. */
const saidTypes = new Set(['me', 'slack_attachment', 'system_generic']);

/** An export has no ids: when, by whom and what tell messages apart. */
function keyOf({ create_at: at, user, message }: Post): string {
  return `${at}:${user}:${createHash('sha256').update(message).digest('hex').slice(0, 12)}`;
}

function reactionsOf({ reactions: given }: Post): SourceMessage['reactions'] {
  const byName = new Map<string, string[]>();
  for (const { user, emoji_name: name } of given ?? []) {
    const people = byName.get(name);
    if (people) people.push(user);
    else byName.set(name, [user]);
  }
  return [...byName].map(([name, people]) => ({ emoji: emojiNamed(name) ?? `:${name}:`, people }));
}
