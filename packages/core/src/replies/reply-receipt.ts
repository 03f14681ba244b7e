import { AppError, maxReceiptMessages, type ReplyReceipt, type ReplyRequest, type RoomsLeftOut } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { andRoomOfKey } from '../access/key-rooms.js';
import type { RoomAccess } from '../access/room-access.js';
import type { CoreDeps } from '../deps.js';
import { loadMessagesAt } from '../memory/load-conversation.js';
import { loadNotesById } from '../notes/prompt-notes.js';
import { promptHash } from '../prompts/prompt-hash.js';
import { buildPrompt, type PromptTurn } from '../prompts/build-prompt.js';
import { placedMessageOf, promptMessageOf } from '../prompts/prompt-context-of.js';
import type { PromptContext } from '../prompts/prompt-context.js';
import { taskOf } from '../prompts/task-of.js';
import { toIso, type Instant } from '../protocol/instant.js';
import { askedNow, callingText } from './calls-from-reply.js';
import type { ReceiptRoom, StoredReceipt } from '../protocol/receipt.js';
import type { Actor } from '../sessions/actor.js';

interface ReceiptRow {
  messageId: string;
  attempt: number;
  roomId: string;
  receipt: StoredReceipt;
  earlier: string | null;
  upToSeq: number | null;
  createdAt: Instant;
  /** Ascending, without deleted ones. */
  seqs: number[] | null;
  cited: number[] | null;
  /** Of what tools found, without deleted ones. */
  foundByTools: number[] | null;
  /** Ids, by their numbers, without removed ones. */
  notes: string[] | null;
  /** Of a catch-up the rooms that the reader is in, without deleted messages. */
  rooms: { roomId: string; seqs: number[]; cited: number[] }[] | null;
  asked: number | null;
  askedBy: ReplyReceipt['askedBy'] | null;
  /** Who allowed calls of tools. */
  allowedBy: ReplyReceipt['askedBy'][] | null;
}

/**
 * Says what an attempt at a reply was made from: of a reply in a room to its members, of a private reply to whoever asked. Messages that
 * were deleted since are counted and not named.
 *
 * @param input `attempt` is the latest that has a receipt, unless it is given
 * @throws AppError MESSAGE_NOT_FOUND; NO_RECEIPT if nobody has written that attempt to its end, or a process of an earlier version has
 */
export async function loadReceipt(
  deps: CoreDeps & { rooms: RoomAccess },
  actor: Actor,
  { messageId, attempt = null }: { messageId: string; attempt?: number | null | undefined },
): Promise<ReplyReceipt> {
  const [own] = await deps.db.$queryRaw<{ roomId: string }[]>(Prisma.sql`
    select p.room_id as "roomId" from private_replies p where p.id = ${messageId}::uuid and p.user_id = ${actor.userId}::uuid`);
  const load = () => receiptOf(deps, actor, { messageId, attempt });
  return own
    ? await deps.rooms.run(actor, own.roomId, 'replies.receipt', load)
    : await deps.rooms.runOfMessage(actor, messageId, 'replies.receipt', load);
}

async function receiptOf(
  { db }: Pick<CoreDeps, 'db'>,
  actor: Actor,
  { messageId, attempt }: { messageId: string; attempt: number | null },
): Promise<ReplyReceipt> {
  const [row] = await db.$queryRaw<ReceiptRow[]>(Prisma.sql`
    select r.reply_id as "messageId", r.attempt, r.room_id as "roomId", r.receipt, r.earlier, r.earlier_up_to as "upToSeq", r.created_at as "createdAt",
      (
        select array_agg(m.seq order by m.seq) from messages m
        where m.room_id = r.room_id and m.deleted_at is null
          and m.seq in (select s.seq::int from jsonb_array_elements_text(r.receipt -> 'prompt' -> 'seqs') s (seq))
      ) as seqs,
      (
        select array_agg(m.seq order by m.seq) from messages m
        where m.room_id = r.room_id and m.deleted_at is null
          and m.id in (select c.id::uuid from jsonb_array_elements_text(r.receipt -> 'cited') c (id))
      ) as cited,
      (
        select array_agg(distinct m.seq) from messages m
        where m.room_id = r.room_id and m.deleted_at is null
          and m.seq in (select f.seq::int from jsonb_array_elements(r.receipt -> 'tools') t, jsonb_array_elements_text(t -> 'seqs') f (seq))
      ) as "foundByTools",
      (
        select array_agg(n.id::text order by n.number) from room_notes n
        where n.room_id = r.room_id and n.id in (select s.id::uuid from jsonb_array_elements_text(r.receipt -> 'prompt' -> 'notes') s (id))
      ) as notes,
      (
        select json_agg(json_build_object('roomId', given.room ->> 'roomId', 'seqs', there.seqs, 'cited', there.cited) order by given.place)
        from jsonb_array_elements(r.receipt -> 'prompt' -> 'rooms') with ordinality given (room, place)
        join room_members own on own.room_id = (given.room ->> 'roomId')::uuid and own.user_id = ${actor.userId}::uuid and own.left_rev is null
          ${andRoomOfKey(actor, Prisma.sql`own.room_id`)},
        lateral (
          select coalesce(json_agg(m.seq order by m.seq), '[]') as seqs,
            coalesce(json_agg(m.seq order by m.seq) filter (where r.receipt -> 'cited' @> to_jsonb(m.id::text)), '[]') as cited
          from messages m
          where m.room_id = own.room_id and m.deleted_at is null
            and m.seq in (select s.seq::int from jsonb_array_elements_text(given.room -> 'seqs') s (seq))
        ) there
      ) as rooms,
      (
        select m.seq from messages m
        where m.id = (r.receipt -> 'trigger' ->> 'messageId')::uuid and m.room_id = r.room_id and m.deleted_at is null
      ) as asked,
      (select json_build_object('id', u.id, 'name', u.display_name, 'handle', u.username) from users u where u.id = (r.receipt ->> 'askedBy')::uuid) as "askedBy",
      (
        select json_agg(json_build_object('id', u.id, 'name', u.display_name, 'handle', u.username)) from users u
        where u.id in (select (t -> 'allowed' ->> 'by')::uuid from jsonb_array_elements(r.receipt -> 'tools') t)
      ) as "allowedBy"
    from reply_receipts r
    where r.reply_id = ${messageId}::uuid and (${attempt}::int is null or r.attempt = ${attempt}::int)
    order by r.attempt desc limit 1`);
  if (!row) throw new AppError('NO_RECEIPT');
  return receiptView(row);
}

function receiptView({
  messageId,
  attempt,
  roomId,
  receipt,
  earlier,
  upToSeq,
  createdAt,
  seqs,
  cited,
  foundByTools,
  notes,
  rooms,
  asked,
  askedBy,
  allowedBy,
}: ReceiptRow): ReplyReceipt {
  const { prompt, status, model, temperature, droppedCitations, usage, firstTokenMs, durationMs, trigger, right, paidBy, errorCode } =
    receipt;
  const given = seqs ?? [];
  const stillThere = new Set(foundByTools);
  const shown = asked === null || !prompt?.asked ? given : [...new Set([...given, asked])].toSorted((left, right) => left - right);
  return {
    messageId,
    attempt,
    roomId,
    status,
    model,
    temperature,
    promptVersion: prompt?.version ?? null,
    promptHash: prompt?.hash ?? null,
    seqs: shown.slice(-maxReceiptMessages),
    deleted: (prompt?.seqs.length ?? 0) - given.length,
    summarised:
      prompt && upToSeq !== null
        ? { fromSeq: prompt.summarisedFrom ? prompt.summarisedFrom - 1 : prompt.fromSeq, upToSeq, text: earlier }
        : null,
    leftOut: prompt?.leftOut ?? 0,
    tokens: prompt?.tokens ?? null,
    notes: notes ?? [],
    files: [],
    tools: (receipt.tools ?? []).map(({ seqs: inCall, allowed, ...call }) => ({
      ...call,
      seqs: inCall.filter((seq) => stillThere.has(seq)),
      ...(allowed && {
        allowed: { ...allowed, by: allowedBy?.find(({ id }) => id === allowed.by) ?? { id: allowed.by, name: '', handle: '' } },
      }),
    })),
    cited: cited ?? [],
    droppedCitations,
    usage,
    cost: receipt.cost ?? null,
    firstTokenMs,
    durationMs,
    trigger,
    right,
    askedBy: askedBy ?? { id: receipt.askedBy, name: '', handle: '' },
    paidBy,
    errorCode,
    ...(prompt?.rooms && roomsView(prompt.rooms, prompt.roomsLeftOut, rooms ?? [])),
    ...(receipt.chosenModel !== undefined && { chosenModel: receipt.chosenModel }),
    ...(prompt?.wish && { instruction: prompt.wish.instruction }),
    createdAt: toIso(createdAt),
  };
}

/** What a catch-up was told, as far as its reader may read it now. */
function roomsView(
  told: readonly ReceiptRoom[],
  leftOut: RoomsLeftOut = { muted: 0, paused: 0, more: 0 },
  there: NonNullable<ReceiptRow['rooms']>,
): Pick<ReplyReceipt, 'rooms' | 'roomsLeftOut'> {
  const rooms = there.flatMap(({ roomId, seqs, cited }) => {
    const room = told.find((each) => each.roomId === roomId);
    return room ? [{ roomId, seqs, deleted: room.seqs.length - seqs.length, leftOut: room.leftOut, cited }] : [];
  });
  return { rooms, roomsLeftOut: { ...leftOut, gone: told.length - rooms.length } };
}

/** A prompt that was made again from its receipt. */
export interface RebuiltPrompt {
  /** What the model was asked; null for the built-in model, which reads the context. */
  turns: PromptTurn[] | null;
  context: PromptContext;
  /** That of {@link turns}, or of the context. It is the receipt's as long as the messages and notes are as they were. */
  hash: string;
}

/**
 * Makes the prompt of an attempt again, from its receipt, its job and the messages as they are now.
 *
 * @returns null if there is no such receipt, no prompt was made, or the job is gone, as it is after a quarter of a year
 */
export async function rebuildPrompt(deps: Pick<CoreDeps, 'db'>, messageId: string, attempt: number): Promise<RebuiltPrompt | null> {
  const [row] = await deps.db.$queryRaw<
    {
      roomId: string;
      receipt: StoredReceipt;
      earlier: string | null;
      request: ReplyRequest;
      characterId: string;
      calling: string | null;
      onlyForAsker: boolean;
      before: string | null;
    }[]
  >(Prisma.sql`
    select r.room_id as "roomId", r.receipt, r.earlier, j.request, j.character_id as "characterId", ${callingText('j')} as calling,
      exists (select 1 from private_replies p where p.id = r.reply_id) as "onlyForAsker",
      (
        select nullif(v.content, '') from reply_versions v
        where v.message_id = r.reply_id and v.attempt = (r.receipt -> 'prompt' -> 'wish' ->> 'of')::int
      ) as before
    from reply_receipts r join jobs j on j.id = r.reply_id left join messages called on called.id = (j.request -> 'trigger' ->> 'messageId')::uuid
    where r.reply_id = ${messageId}::uuid and r.attempt = ${attempt}::int`);
  const prompt = row?.receipt.prompt;
  if (!row || !prompt) return null;
  const { characterId, onlyForAsker, before } = row;
  const request = askedNow(row.request, row.calling);
  const { wish } = prompt;
  const messages = (await loadMessagesAt(deps, row.roomId, prompt.seqs)).map((message) =>
    promptMessageOf({ character: { id: characterId } }, message),
  );
  for (const { roomId, seqs } of prompt.rooms ?? [])
    messages.push(...(await loadMessagesAt(deps, roomId, seqs)).map((message) => placedMessageOf(roomId, message)));
  const notes = await loadNotesById(deps, row.roomId, prompt.notes ?? []);
  const context: PromptContext = {
    task: {
      kind: request.trigger.kind,
      question: request.question,
      scope: request.scope ?? taskOf(request.trigger.kind).messages ?? null,
      ...(request.data ? { data: request.data } : {}),
    },
    character: prompt.character,
    addressee: prompt.addressee,
    triggerMessageId: request.trigger.messageId,
    askedAt: prompt.askedAt,
    messages,
    ...(onlyForAsker ? { onlyForAsker: true } : {}),
    ...(prompt.tools ? { tools: prompt.tools } : {}),
    ...(wish ? { wish: { by: wish.by, instruction: wish.instruction, before: wish.before ? before : null } } : {}),
    earlier: row.earlier,
    ...(notes.length > 0 ? { notes } : {}),
    ...(prompt.rooms && {
      rooms: prompt.rooms.map(({ roomId, name, direct, leftOut: older }) => ({ id: roomId, name, direct, leftOut: older })),
    }),
  };
  if (prompt.nonce === null) return { turns: null, context, hash: promptHash(context) };
  const { turns } = buildPrompt(context, { maxTokens: prompt.maxTokens, nonce: prompt.nonce, leftOut: prompt.leftOut });
  return { turns, context, hash: promptHash(turns) };
}
