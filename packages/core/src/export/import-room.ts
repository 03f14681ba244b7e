import {
  AppError,
  cutText,
  importedRoomHeaderSchema,
  maxRoomFileBytes,
  maxRoomFileLineBytes,
  maxRoomNameLength,
  roomFileFormat,
  roomFileLineSchema,
  roomFileVersion,
  type ImportedRoom,
} from '@parley/contracts';
import { v7 as uuidv7 } from 'uuid';
import type { Actor } from '../sessions/actor.js';
import type { CoreDeps } from '../deps.js';
import { beyondBounds, type JsonBounds } from './bound-json.js';
import { MessageImporter, type ImportedRow } from './imported-message.js';
import { readLines, type Line } from './read-lines.js';
import { findLeftRooms, openStagedRoom, stageMessages, stageRoom, unstageRoom } from './staged-room.js';

/** Rows written by one statement, and their text in UTF-16 units. */
const batchRows = 200;
const batchUnits = 1_000_000;
/** Of the statement's text, what one reaction of a person takes, in UTF-16 units. */
const unitsPerReactor = 40;

/** The header may list thousands of members with 13 values each; a message has the ids of whom it mentions and who reacted. */
const headerBounds: JsonBounds = { maxDepth: 8, maxValues: 200_000 };
const messageBounds: JsonBounds = { maxDepth: 8, maxValues: 25_000 };
/** A message's text, each character of it escaped, and the ids. In bytes. */
const maxMessageLineBytes = 3 * 1024 * 1024;

/**
 * Makes a private room from a file in the format of `contracts/room-file.ts`. The importer owns it, and the assistant is in it from the
 * beginning. All or nothing: the room has no member, so that nobody sees it, until the last line was read and found right; after an
 * error it is deleted. If the process dies meanwhile, a later import, by anyone, deletes the room. {@link MessageImporter} says how much
 * of a file is believed.
 *
 * @param bytes UTF-8; read a line at a time, no faster than the rows are written
 * @throws AppError VALIDATION with the number of the line at fault; PAYLOAD_TOO_LARGE; SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function importRoom(deps: CoreDeps, actor: Actor, bytes: AsyncIterable<Uint8Array>): Promise<ImportedRoom> {
  for (const left of await findLeftRooms(deps)) await unstageRoom(deps, left);
  const roomId = uuidv7();
  try {
    const messages = await stage(deps, actor, roomId, bytes);
    return { room: await openStagedRoom(deps, actor, roomId, messages), messages };
  } catch (error) {
    await unstageRoom(deps, roomId);
    throw error;
  }
}

/** @returns how many messages */
async function stage(deps: Pick<CoreDeps, 'db'>, actor: Actor, roomId: string, bytes: AsyncIterable<Uint8Array>): Promise<number> {
  const importer = new MessageImporter(actor.userId, Date.now());
  let batch: ImportedRow[] = [];
  let units = 0;
  let lastSeq = 0;
  let last: 'nothing' | 'header' | 'message' | 'end' = 'nothing';
  for await (const line of readLines(bytes, { maxBytes: maxRoomFileBytes, maxLineBytes: maxRoomFileLineBytes })) {
    if (last === 'nothing') {
      const { name, topic } = readHeader(line);
      await stageRoom(deps, actor, { id: roomId, name: cutText(name, maxRoomNameLength) || 'Imported room', topic });
      last = 'header';
      continue;
    }
    if (last === 'end') throw wrong(line, 'the file goes on after its end');
    const parsed = parse(line, roomFileLineSchema);
    if (parsed.type === 'end') {
      if (parsed.messages !== importer.count) {
        throw wrong(line, `the file was to have ${parsed.messages} messages and has ${importer.count}`);
      }
      last = 'end';
      continue;
    }
    const { message } = parsed;
    if (message.seq <= lastSeq) throw wrong(line, 'message.seq: messages must ascend by seq');
    lastSeq = message.seq;
    const row = importer.row(message);
    batch.push(row);
    units += row.content.length + unitsPerReactor * row.reactions.reduce((sum, { count }) => sum + count, 0);
    last = 'message';
    if (batch.length >= batchRows || units >= batchUnits) {
      await stageMessages(deps, roomId, batch);
      batch = [];
      units = 0;
    }
  }
  if (last === 'nothing') throw new AppError('VALIDATION', 'The file is empty.', { field: 'line 1' });
  if (last !== 'end') throw new AppError('VALIDATION', 'The file was cut off: its last line must say that it ends.', { field: 'end' });
  if (batch.length > 0) await stageMessages(deps, roomId, batch);
  return importer.count;
}

function readHeader(line: Line): { name: string; topic: string } {
  const value = parseJson(line, headerBounds);
  const { format, version } = (value ?? {}) as { format?: unknown; version?: unknown };
  if (format !== roomFileFormat) throw wrong(line, 'this is not the file of an exported room');
  if (typeof version === 'number' && version > roomFileVersion) throw wrong(line, 'the file is of a newer version than this server reads');
  return check(line, value, importedRoomHeaderSchema).room;
}

function parse<T>(line: Line, schema: Schema<T>): T {
  // A UTF-16 unit takes at least a byte.
  if (line.text.length > maxMessageLineBytes)
    throw new AppError('PAYLOAD_TOO_LARGE', `Line ${line.number} is longer than a message may be.`);
  return check(line, parseJson(line, messageBounds), schema);
}

interface Schema<T> {
  safeParse(
    value: unknown,
  ): { success: true; data: T } | { success: false; error: { issues: readonly { path: PropertyKey[]; message: string }[] } };
}

function check<T>(line: Line, value: unknown, schema: Schema<T>): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw wrong(line, [issue?.path.join('.'), issue?.message].filter((part) => part).join(': '));
}

/** Parses a line, and refuses escapes for characters that PostgreSQL cannot store or UTF-8 cannot express. */
function parseJson(line: Line, bounds: JsonBounds): unknown {
  switch (beyondBounds(line.text, bounds)) {
    case 'depth':
      throw wrong(line, `has more than ${bounds.maxDepth} arrays and objects within each other`);
    case 'values':
      throw wrong(line, `has more than ${bounds.maxValues} values`);
    case null:
  }
  try {
    // Only an escape can bring what decoding UTF-8 has not refused: most lines have none, and asking at each value takes its time.
    if (!line.text.includes('\\u')) return JSON.parse(line.text);
    return JSON.parse(line.text, (key, value: unknown) => {
      if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed())) {
        throw wrong(line, `${key}: must be well-formed Unicode without U+0000`);
      }
      return value;
    });
  } catch (error) {
    throw AppError.is(error) ? error : wrong(line, 'is not JSON', error);
  }
}

function wrong({ number }: Line, what: string, cause?: unknown): AppError {
  return new AppError('VALIDATION', `Line ${number}: ${what}.`, { field: `line ${number}`, cause });
}
