import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { SourceMessage, SourcePerson, SourceRoom } from '@parley/core/imports/source-rooms';
import { z } from 'zod';
import { asJson } from './as-json.js';
import { fileLine, isWebAddress, withoutKeys, type ExportReader, type MessageSink } from './export-reader.js';
import { importError } from './import-error.js';
import type { ReportLine } from './import-report.js';
import { jsonElements, NotAnArray } from './json-elements.js';

/** The largest chat, in bytes: pictures may be in it. */
const maxChatBytes = 64 * 1024 * 1024;
const maxUsersBytes = 64 * 1024 * 1024;

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '')
  .catch('');

const messageSchema = z.looseObject({
  id: text,
  parentId: z.string().nullish().catch(null),
  role: text,
  content: z
    .union([z.string(), z.array(z.looseObject({ type: text, text: text }))])
    .nullish()
    .catch(null),
  timestamp: z.number().nullish().catch(null),
  model: text,
  modelName: text,
  models: z.array(z.string()).nullish().catch([]),
  files: z
    .array(z.looseObject({ type: text, name: text, url: text, size: z.number().optional().catch(undefined) }))
    .nullish()
    .catch([]),
  sources: z.array(z.unknown()).nullish().catch([]),
  error: z.unknown().optional(),
});
type ChatMessage = z.infer<typeof messageSchema>;

const chatSchema = z.looseObject({
  id: z.string().min(1),
  user_id: z.string().min(1),
  title: text,
  archived: z.boolean().nullish().catch(false),
  created_at: z.number().nullish().catch(null),
  updated_at: z.number().nullish().catch(null),
  folder_id: z.string().nullish().catch(null),
  chat: z.looseObject({
    title: text,
    system: text,
    params: z.looseObject({ system: text }).nullish().catch(null),
    messages: z.array(z.unknown()).nullish().catch([]),
    history: z
      .looseObject({ currentId: z.string().nullish().catch(null), messages: z.record(z.string(), z.unknown()).nullish().catch(null) })
      .nullish()
      .catch(null),
  }),
});
type Chat = z.infer<typeof chatSchema>;

/**
 * Opens an export of chats of Open WebUI: a list in JSON, of one person or of all.
 *
 * @param users the path of the list of people that an admin of it exports, in CSV; null for none, where all chats must be one person's
 * @throws AppError if it is none, or of several people that nothing names
 */
export async function openOpenWebUiExport(path: string, users: string | null): Promise<ExportReader> {
  const file = await stat(path).catch(() => null);
  if (!file?.isFile()) throw importError(`There is no file ${path}.`);
  const owners = new Set<string>();
  for await (const { chat } of chatsOf(path)) if (chat) owners.add(chat.user_id);
  if (owners.size === 0) throw importError(`${path} has no chat: it is no export of Open WebUI, or an empty one.`);
  const notes: ReportLine[] = [];
  const people = users === null ? [] : await readUsers(users, notes);
  const known = new Set(people.map(({ key }) => key));
  if (users === null && owners.size > 1)
    throw importError(
      `${path} has chats of ${owners.size} people: say who they are by --users <users.csv>, which an admin of Open WebUI can export. Nothing was imported.`,
    );
  for (const key of owners) if (!known.has(key)) people.push({ key, name: 'Somebody', handle: '', email: null, bot: false });
  return {
    source: 'open-webui',
    people,
    // Who gives a file of one person's chats, and says nothing more, says whose they are.
    ownersKey: users === null ? [...owners][0]! : null,
    notes,
    close() {},
    async readMessages(_names, sink) {
      const rooms = new Map<string, SourceRoom>();
      let chats = 0;
      for await (const { chat, place, problem } of chatsOf(path)) {
        sink.signal?.throwIfAborted();
        if (!chat) sink.note({ what: 'chat not understood', detail: `number ${place + 1}${problem ? ` ${problem}` : ''}` });
        else if (rooms.has(chat.id)) sink.note({ what: 'chat twice', room: chat.id });
        else {
          rooms.set(chat.id, roomOf(chat));
          await readChat(chat, sink);
        }
        sink.at('reading chats', ++chats);
      }
      return [...rooms.values()];
    },
  };
}

async function* chatsOf(path: string): AsyncGenerator<{ place: number; chat: Chat | null; problem?: string }, void> {
  try {
    for await (const element of jsonElements(createReadStream(path), maxChatBytes)) {
      if ('problem' in element) yield { place: element.place, chat: null, problem: element.problem };
      else yield { place: element.place, chat: chatSchema.safeParse(asJson(element.text)).data ?? null };
    }
  } catch (error) {
    if (!(error instanceof NotAnArray)) throw error;
    throw importError(`${path} is no list of chats: ${error.message}. Nothing was imported.`, error);
  }
}

function roomOf({ id, user_id: owner, title, chat, archived }: Chat): SourceRoom {
  return {
    key: id,
    name: title || chat.title || 'Chat',
    topic: '',
    visibility: 'private',
    members: [owner],
    owner,
    archived: archived ?? false,
    chat: true,
  };
}

async function readChat(chat: Chat, sink: MessageSink): Promise<void> {
  const note = (what: string, message?: string, detail?: string) => sink.note({ what, room: chat.id, message, detail });
  if (chat.chat.system || chat.chat.params?.system) note('instructions of the chat');
  if (chat.folder_id) note('folder of the chat', undefined, chat.folder_id);
  const messages = shownMessages(chat, note);
  let at = (chat.created_at ?? 0) * 1000;
  let asked: string | null = null;
  for (const [place, message] of messages.entries()) {
    // Whatever its clock says, an answer follows what it answers.
    at = Math.max(at, instantOf(message.timestamp) ?? at);
    const isReply = message.role === 'assistant';
    if (!isReply && message.role !== 'user') {
      note('message of another role', message.id, message.role);
      continue;
    }
    const key = message.id || String(place);
    const model = message.model || message.models?.[0] || '';
    await sink.add(chat.id, place, {
      key,
      at,
      kind: isReply ? 'reply' : 'text',
      author: isReply ? { name: message.modelName || model || 'Model', bot: true } : { person: chat.user_id },
      content: contentOf(message, note),
      replyTo: isReply ? asked : null,
      mentions: [],
      reactions: [],
      editedAt: null,
      deletedAt: null,
      pinnedAt: null,
      model: model === '' ? null : `open-webui:${model}`,
    } satisfies SourceMessage);
    if (!isReply) asked = key;
  }
}

/** Seconds, or milliseconds of some versions. */
function instantOf(timestamp: number | null | undefined): number | null {
  if (!timestamp || timestamp < 0) return null;
  return Math.floor(timestamp > 100_000_000_000 ? timestamp : timestamp * 1000);
}

/** The messages of the branch that was shown last; the others are noted. */
function shownMessages({ chat }: Chat, note: (what: string, message?: string) => void): ChatMessage[] {
  const all = new Map<string, ChatMessage>();
  for (const [id, given] of Object.entries(chat.history?.messages ?? {})) {
    const parsed = messageSchema.safeParse(given);
    if (parsed.success) all.set(id, { ...parsed.data, id });
    else note('message not understood', id);
  }
  if (all.size === 0) {
    return (chat.messages ?? []).flatMap((given) => {
      const parsed = messageSchema.safeParse(given);
      if (!parsed.success) note('message not understood');
      return parsed.success ? [parsed.data] : [];
    });
  }
  const shown: ChatMessage[] = [];
  const left = new Map(all);
  for (let id = chat.history?.currentId ?? [...all.keys()].at(-1); id;) {
    const message: ChatMessage | undefined = left.get(id);
    // Also a branch that leads back to itself ends.
    if (!message) break;
    left.delete(id);
    shown.push(message);
    id = message.parentId ?? undefined;
  }
  for (const id of left.keys()) note('message of a branch that was not shown', id);
  return shown.toReversed();
}

function contentOf(message: ChatMessage, note: (what: string, message?: string, detail?: string) => void): string {
  const given = message.content ?? '';
  const own =
    typeof given === 'string'
      ? given
      : given
          .map(({ text: part }) => part)
          .filter((part) => part !== '')
          .join('\n\n');
  const { said, thoughts } = withoutThoughts(own);
  if (thoughts > 0) note('thoughts of a model', message.id);
  if ((message.sources ?? []).length > 0) note('sources of an answer', message.id, `${message.sources!.length}`);
  const parts = [said.trim()];
  for (const { name, url, type, size } of message.files ?? []) {
    const isLink = isWebAddress(url);
    note('file not imported', message.id, `${name || type}${isLink ? ` ${url}` : ''}`);
    parts.push(fileLine(name || type || 'file', { link: isLink ? withoutKeys(url) : undefined, bytes: size }));
  }
  const content = parts.filter((part) => part !== '').join('\n\n');
  if (content !== '') return content;
  note(message.error ? 'answer that failed' : 'message without a text', message.id);
  return '(no text)';
}

/** A text without the folded parts in which Open WebUI keeps what a model thought and which tools it called. */
function withoutThoughts(content: string): { said: string; thoughts: number } {
  let said = '';
  let from = 0;
  let thoughts = 0;
  for (let open = content.indexOf('<details type="'); open !== -1; open = content.indexOf('<details type="', from)) {
    const close = content.indexOf('</details>', open);
    if (close === -1) break;
    said += content.slice(from, open);
    from = close + '</details>'.length;
    thoughts++;
  }
  return { said: said + content.slice(from), thoughts };
}

/** Reads a list of people: a line of names of columns, of which `id`, `name` and `email` are used. */
async function readUsers(path: string, notes: ReportLine[]): Promise<SourcePerson[]> {
  const file = await stat(path).catch(() => null);
  if (!file?.isFile()) throw importError(`There is no file ${path}.`);
  if (file.size > maxUsersBytes) throw importError(`${path} is larger than ${maxUsersBytes / 1024 / 1024} MB: it is no list of people.`);
  const [head = [], ...rows] = csvRows((await readFile(path, 'utf8')).replace(/^\ufeff/, ''));
  const columns = head.map((name) => name.trim().toLowerCase());
  const [id, name, email] = ['id', 'name', 'email'].map((column) => columns.indexOf(column));
  if (id === -1 || email === -1) throw importError(`${path} has no columns “id” and “email”: it is no list of people of Open WebUI.`);
  return rows.flatMap((row, place) => {
    const key = row[id!]?.trim();
    if (!key) {
      if (row.some((cell) => cell !== '')) notes.push({ what: 'person not understood', detail: `line ${place + 2}` });
      return [];
    }
    return [{ key, name: row[name!] ?? '', handle: '', email: row[email!]?.trim() || null, bot: false }];
  });
}

/** The rows of a text in CSV (RFC 4180). */
function csvRows(csv: string): string[][] {
  const rows: string[][] = [];
  const row: string[] = [];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < csv.length; at++) {
    const sign = csv[at]!;
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (csv[at + 1] === '"') cell += csv[at++];
      else quoted = false;
    } else if (sign === '"' && cell === '') quoted = true;
    else if (sign === ',' || sign === '\n') {
      row.push(cell.replace(/\r$/, ''));
      cell = '';
      if (sign === '\n') rows.push(row.splice(0));
    } else cell += sign;
  }
  if (cell !== '' || row.length > 0) rows.push([...row, cell]);
  return rows;
}
