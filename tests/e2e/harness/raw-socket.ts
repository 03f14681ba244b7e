import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { patienceMs } from './patience.js';

export interface FrameOptions {
  /** @default true */
  fin?: boolean;
  /** Reserved bits, 0 to 7. @default 0 */
  reserved?: number;
  /** A client must mask (RFC 6455, section 5.3). @default true */
  mask?: boolean;
}

export interface Closed {
  /** Of the close frame; null where the connection was cut without one. */
  code: number | null;
  reason: string;
}

/** A WebSocket by hand: sends what no client library would, and reads only when told. */
export class RawSocket {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #listeners = new Set<() => void>();
  /** Text messages received. */
  readonly messages: string[] = [];
  /** What the server closed with; null while it is open. */
  closed: Closed | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Connects and completes the handshake. @throws with the status line, where it was refused */
  static async open(url: string, headers: Record<string, string> = {}): Promise<RawSocket> {
    const { hostname, port, host, pathname, search } = new URL(url);
    const socket = connect(Number(port), hostname);
    const lines = [
      `GET ${pathname}${search} HTTP/1.1`,
      ...Object.entries({ Host: host, Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', ...headers }).map(
        ([name, value]) => `${name}: ${value}`,
      ),
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    const raw = new RawSocket(socket);
    const status = await new Promise<string>((resolve, reject) => {
      let head = Buffer.alloc(0);
      const onData = (bytes: Buffer) => {
        head = Buffer.concat([head, bytes]);
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        socket.off('data', onData);
        raw.#take(head.subarray(end + 4));
        resolve(head.subarray(0, head.indexOf('\r\n')).toString());
      };
      socket.on('data', onData).on('error', reject);
      socket.on('close', () => reject(new Error('hung up during the handshake')));
    });
    if (!status.includes(' 101 ')) {
      socket.destroy();
      throw new Error(status);
    }
    socket.on('data', (bytes) => raw.#take(bytes));
    socket.on('error', () => {});
    socket.on('close', () => {
      raw.closed ??= { code: null, reason: '' };
      raw.#changed();
    });
    return raw;
  }

  /** As the client does: signs the socket in by its first frame. */
  signIn(accessToken: string): void {
    this.text(JSON.stringify({ method: 'connectionParams', data: { accessToken } }));
  }

  text(text: string): void {
    this.frame(1, Buffer.from(text));
  }

  frame(opcode: number, payload: Buffer, options: FrameOptions = {}): void {
    this.bytes(encodeFrame(opcode, payload, options));
  }

  bytes(bytes: Buffer): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  /** Stops reading: what the server sends stays with the server. */
  pause(): void {
    this.#socket.pause();
  }

  /** Resolves with the first message, now or later, that `test` holds of. */
  async message<T = unknown>(test: (message: T) => boolean = () => true, timeoutMs = patienceMs): Promise<T> {
    let seen = 0;
    for (;;) {
      for (; seen < this.messages.length; seen++) {
        const text = this.messages[seen]!;
        if (!text.startsWith('{')) continue;
        const message = JSON.parse(text) as T;
        if (test(message)) return message;
      }
      if (this.closed) throw new Error(`closed (${this.closed.code} ${this.closed.reason}) before the message came`);
      await this.#change(timeoutMs, () => `no such message; the last of ${this.messages.length}: ${this.messages.at(-1)?.slice(0, 500)}`);
    }
  }

  /** Resolves with the message after the first `count`. */
  async next<T = unknown>(count: number, timeoutMs = patienceMs): Promise<T> {
    while (this.messages.length <= count) {
      if (this.closed) throw new Error(`closed (${this.closed.code} ${this.closed.reason}) before another message came`);
      await this.#change(timeoutMs, () => `no message after the first ${count}`);
    }
    return JSON.parse(this.messages[count]!) as T;
  }

  /** Resolves when the server has closed it. */
  async whenClosed(timeoutMs = patienceMs): Promise<Closed> {
    while (!this.closed) await this.#change(timeoutMs, () => `still open; the last message: ${this.messages.at(-1)?.slice(0, 500)}`);
    return this.closed;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    for (;;) {
      const frame = decodeFrame(this.#received);
      if (!frame) break;
      this.#received = this.#received.subarray(frame.length);
      if (frame.opcode === 1) this.messages.push(frame.payload.toString());
      if (frame.opcode === 8) {
        this.closed ??= {
          code: frame.payload.length >= 2 ? frame.payload.readUInt16BE(0) : 1005,
          reason: frame.payload.subarray(2).toString(),
        };
        this.frame(8, frame.payload);
      }
    }
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  #change(timeoutMs: number, describe: () => string): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        this.#listeners.delete(settle);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#listeners.delete(settle);
        reject(new Error(`not in ${timeoutMs} ms: ${describe()}`));
      }, timeoutMs);
      this.#listeners.add(settle);
    });
  }
}

export function encodeFrame(opcode: number, payload: Buffer, { fin = true, reserved = 0, mask = true }: FrameOptions = {}): Buffer {
  const first = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  const masked = mask ? 0x80 : 0;
  let header: Buffer;
  if (payload.length < 126) header = Buffer.from([first, masked | payload.length]);
  else if (payload.length < 65_536) header = Buffer.from([first, masked | 126, payload.length >> 8, payload.length & 0xff]);
  else {
    header = Buffer.alloc(10);
    header[0] = first;
    header[1] = masked | 127;
    header.writeBigUInt64BE(BigInt(payload.length), 2);
  }
  // A mask of zeros leaves the payload as it is.
  return Buffer.concat(mask ? [header, Buffer.alloc(4), payload] : [header, payload]);
}

function decodeFrame(bytes: Buffer): { opcode: number; payload: Buffer; length: number } | null {
  if (bytes.length < 2) return null;
  let length = bytes[1]! & 0x7f;
  let header = 2;
  if (length === 126) {
    if (bytes.length < 4) return null;
    length = bytes.readUInt16BE(2);
    header = 4;
  } else if (length === 127) {
    if (bytes.length < 10) return null;
    length = Number(bytes.readBigUInt64BE(2));
    header = 10;
  }
  if (bytes.length < header + length) return null;
  return { opcode: bytes[0]! & 0x0f, payload: bytes.subarray(header, header + length), length: header + length };
}
