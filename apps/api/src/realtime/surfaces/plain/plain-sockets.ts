import { randomUUID } from 'node:crypto';
import { setInterval } from 'node:timers';
import { AppError, closeCodes, idSchema, type PrivateReply, type RoomEvent } from '@parley/contracts';
import { listMessages } from '@parley/core/messages/list-messages';
import { checkJsonBounds } from '@parley/core/protocol/json-outline';
import type { Actor } from '@parley/core/sessions/actor';
import { findReplayStart } from '@parley/core/sync/find-replay-start';
import { serveCall } from '../../../admit.js';
import { begun } from '../../../begun.js';
import { callBounds } from '../../../call-bounds.js';
import { callOnSocket } from '../../../call-of.js';
import { callProcedures, type ProcedureCaller } from '../../../call-procedures.js';
import { subscribeInbox } from '../../../inbox/subscribe-inbox.js';
import { knownError } from '../../../trpc-errors.js';
import { EventBatch } from '../../room/event-batch.js';
import { subscribeRoom } from '../../room/subscribe-room.js';
import { liveSubscription } from '../../sockets/live-subscription.js';
import { SocketReader } from '../../sockets/socket-reader.js';
import type { OpenedSocket, SocketSurface } from '../../sockets/socket-surface.js';
import type { SurfaceDeps } from '../../surface.js';
import { peerToken, plainProtocol } from './peer-token.js';
import { PlainFormats } from './plain-format.js';
import { PrivateAnswers } from './private-answers.js';
import { peerFrameSchema, type PeerFrame, type PlainFrame } from './plain-frames.js';

/** Frames of one peer that may wait. */
const maxWaiting = 20;

const signInHint = 'Send first: {"type":"auth","token":"…"}';

/** `/ws?roomID=…` for a room, `/ws/{characterId}` for the caller's own with a character. */
export function plainSockets(deps: SurfaceDeps): SocketSurface {
  const formats = new PlainFormats();
  return {
    path: '/ws',
    below: true,
    protocol: plainProtocol,
    signInHint,
    moveNotice: null,
    serve: (socket) => void new PlainPeer(deps, formats, socket).serve(),
  };
}

/** One socket: what its peer says is done in the order in which it came. */
class PlainPeer {
  readonly #deps: SurfaceDeps;
  readonly #formats: PlainFormats;
  readonly #socket: OpenedSocket;
  /** What the peer sent that nobody has looked at yet; the peer has to wait when it is much. */
  readonly #frames: (string | null)[] = [];
  readonly #gone = new AbortController();
  #wake: (() => void) | null = null;

  constructor(deps: SurfaceDeps, formats: PlainFormats, socket: OpenedSocket) {
    this.#deps = deps;
    this.#formats = formats;
    this.#socket = socket;
    const { ws } = socket;
    ws.on('message', (data: Buffer, isBinary: boolean) => {
      this.#frames.push(isBinary ? null : data.toString());
      if (this.#frames.length >= maxWaiting) ws.pause();
      this.#wake?.();
    });
    ws.on('error', () => {});
    ws.once('close', () => {
      this.#gone.abort();
      this.#wake?.();
    });
    keepAlive(socket, deps.services.env.SOCKET_PING_MS);
  }

  async serve(): Promise<void> {
    const { connection, request, signIn } = this.#socket;
    const address = new URL(request.url!, 'http://localhost');
    let actor: Actor;
    try {
      const proof = peerToken(this.#deps.services, request, address.searchParams) ?? (await this.#firstToken());
      actor = await signIn(proof);
    } catch (error) {
      // `signIn` closes the socket with the code that says what to do next.
      if (AppError.is(error)) this.#send({ type: 'error', code: error.code, message: error.message });
      else this.#report(error);
      return connection.close(closeCodes.WRONG_FIRST_FRAME, signInHint);
    }
    const procedures = this.#procedures(actor);
    try {
      const roomId = await roomOf(address, procedures());
      const after = address.searchParams.get('after');
      await this.#read(actor, roomId, after ? idOf(after, 'after') : after, procedures);
    } catch (error) {
      this.#refuse(error);
      connection.close(closeCodes.ROOM_CLOSED, 'the room cannot be read: see the error');
    }
  }

  async #firstToken(): Promise<string | undefined> {
    const first = await this.#next();
    if (first === undefined) return undefined;
    const frame = readFrame(first);
    if (frame.type !== 'auth') throw new AppError('UNAUTHENTICATED', signInHint);
    return frame.token;
  }

  /** Tells the room's events until they end, and does what the peer says meanwhile. */
  async #read(actor: Actor, roomId: string, after: string | null, procedures: () => ProcedureCaller): Promise<void> {
    const { services } = this.#deps;
    const { connection, call, address } = this.#socket;
    const { format, release } = this.#formats.acquire(roomId);
    try {
      const known = { actor, authError: null, address };
      const served = { name: 'rooms.events', type: 'subscription', call, caller: async () => known } as const;
      const reader = new SocketReader(connection, format, actor, connection.id);
      const events = await serveCall(services, served, async () => {
        const position = await services.calls.run(() => this.#position(actor, roomId, after));
        const subscription = liveSubscription(services.live, { actor, connection }, this.#gone.signal, (signal) =>
          subscribeRoom(services, actor, reader, { roomId, after: position ?? undefined }, signal),
        );
        return begun(subscription);
      });
      let listening: Promise<void> | null = null;
      for await (const hello of events) {
        const lastMessageID = await this.#learn(actor, roomId, hello.event, format);
        reader.start('');
        this.#send({ type: 'connection', connectionID: connection.id, roomID: roomId, userID: actor.userId, lastMessageID });
        connection.writeFrames(new EventBatch([hello]).bytes(format, ''));
        listening = this.#listen(actor, roomId, procedures);
      }
      await listening;
    } finally {
      release();
    }
  }

  /** Where the peer is told from: null for the room's head. Who knows the room as it was empty, and says so, is told all. A message that is not of the room is said to be none; the peer reads on all the same. */
  async #position(actor: Actor, roomId: string, after: string | null): Promise<number | null> {
    const { core, rooms, env } = this.#deps.services;
    if (after === null) return null;
    if (after === '') return 0;
    try {
      const input = { messageId: after, maxChanges: env.MAX_REPLAY };
      return await rooms.run(actor, roomId, 'rooms.events', (room) => findReplayStart(core, room, input));
    } catch (error) {
      if (!AppError.is(error, 'MESSAGE_NOT_FOUND')) throw error;
      this.#refuse(error);
      return null;
    }
  }

  /** Learns whose the answers are that are being written. @returns the id of the last message before those that the peer will be told */
  async #learn(
    actor: Actor,
    roomId: string,
    hello: RoomEvent,
    format: { noteAuthor(messageId: string, characterId: string): void },
  ): Promise<string | null> {
    const { calls, core, rooms } = this.#deps.services;
    // What was said since `hello` is on its way to the peer, who may not come to read it: it is not the last that the peer has.
    const page = { limit: 100, ...(hello.type === 'hello' && { before: hello.seq + 1 }) };
    const latest = await calls.run(() => rooms.run(actor, roomId, 'rooms.events', (room) => listMessages(core, room, page)));
    for (const { id, kind, author } of latest.items) if (kind === 'reply' && author.id) format.noteAuthor(id, author.id);
    return latest.items.at(-1)?.id ?? null;
  }

  async #listen(actor: Actor, roomId: string, procedures: () => ProcedureCaller): Promise<void> {
    const privateAnswers = new PrivateAnswers({
      readInbox: (signal) => subscribeInbox(this.#deps.services, actor, signal),
      onEnd: (reply, clientID) => this.#tellPrivately(reply, clientID),
      onError: (error) => this.#refuse(error),
      signal: this.#gone.signal,
    });
    for (;;) {
      const text = await this.#next();
      if (text === undefined) return;
      let clientID: string | undefined;
      try {
        const frame = readFrame(text);
        clientID = 'clientID' in frame ? frame.clientID : undefined;
        await this.#do(roomId, frame, procedures(), privateAnswers);
      } catch (error) {
        this.#refuse(error, clientID);
      }
    }
  }

  async #do(roomId: string, frame: PeerFrame, procedures: ProcedureCaller, privateAnswers: PrivateAnswers): Promise<void> {
    switch (frame.type) {
      case 'auth':
        throw new AppError('VALIDATION', 'This socket is signed in already.');
      case 'typing':
        await procedures.presence.typing({ roomId, typing: frame.typing });
        return;
      case 'message':
      case 'ai_command': {
        const { content, replyTo, clientID: clientId = randomUUID() } = frame;
        const text = frame.type === 'message' ? content : `/${frame.command.replace('/', '')} ${content}`;
        const { privateReply } = await procedures.messages.send({ roomId, clientId, content: text, ...(replyTo && { replyTo }) });
        if (privateReply) privateAnswers.await(privateReply, frame.clientID);
      }
    }
  }

  #tellPrivately({ roomId: roomID, content, createdAt: timestamp, error }: PrivateReply, clientID: string | undefined): void {
    if (content !== '') this.#send({ type: 'system', content, roomID, timestamp });
    if (error) this.#send({ type: 'error', code: error.code, message: error.message, ...(clientID && { clientID }) });
  }

  /** A caller of procedures, for one call. */
  #procedures(actor: Actor): () => ProcedureCaller {
    const { services } = this.#deps;
    const { call, address } = this.#socket;
    return () =>
      callProcedures({ services, actor, authError: null, address, call: callOnSocket(call), operation: null, socket: null, http: null });
  }

  /** The next frame; undefined once the socket is closed. */
  async #next(): Promise<string | null | undefined> {
    while (this.#frames.length === 0 && !this.#gone.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
    if (this.#gone.signal.aborted) return undefined;
    const frame = this.#frames.shift();
    if (this.#socket.ws.isPaused && this.#frames.length < maxWaiting / 2) this.#socket.ws.resume();
    return frame;
  }

  #refuse(error: unknown, clientID?: string): void {
    const known = knownError(error);
    if (known.code === 'INTERNAL') this.#report(error);
    this.#send({ type: 'error', code: known.code, message: known.message, ...(clientID && { clientID }) });
  }

  #report(error: unknown): void {
    this.#deps.reportError(error, { surface: 'plain sockets', correlationId: this.#socket.call.correlationId });
  }

  #send(frame: PlainFrame): void {
    this.#socket.connection.send(JSON.stringify(frame));
  }
}

/** @param text null for a binary frame. @throws AppError VALIDATION, PAYLOAD_TOO_LARGE */
function readFrame(text: string | null): PeerFrame {
  if (text === null) throw new AppError('VALIDATION', 'Send JSON in text frames.');
  checkJsonBounds(text, callBounds);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new AppError('VALIDATION', 'The frame is no JSON.');
  }
  const frame = peerFrameSchema.safeParse(value);
  if (frame.success) return frame.data;
  const [issue] = frame.error.issues;
  const field = issue!.path.join('.');
  if (field === 'type' || field === '')
    throw new AppError('VALIDATION', 'type: must be “message”, “ai_command” or “typing”, in an object.', { field: 'type' });
  throw new AppError('VALIDATION', `${field}: ${issue!.message}`, { field });
}

async function roomOf({ pathname, searchParams }: URL, procedures: ProcedureCaller): Promise<string> {
  const characterId = pathname.slice('/ws/'.length);
  if (characterId !== '') return (await procedures.rooms.direct({ characterId: idOf(characterId, 'characterId') })).id;
  const roomId = searchParams.get('roomID');
  if (roomId === null) throw new AppError('VALIDATION', 'roomID: say which room, as in /ws?roomID=….', { field: 'roomID' });
  return idOf(roomId, 'roomID');
}

function idOf(text: string, field: string): string {
  const id = idSchema.safeParse(text);
  if (!id.success) throw new AppError('VALIDATION', `${field}: must be an id.`, { field });
  return id.data;
}

/** Cuts off a peer that answers no ping until the next. */
function keepAlive({ ws }: OpenedSocket, everyMs: number): void {
  let answered = true;
  const timer = setInterval(() => {
    if (!answered) return ws.terminate();
    answered = false;
    ws.ping();
  }, everyMs);
  ws.on('pong', () => (answered = true));
  ws.once('close', () => clearInterval(timer));
}
