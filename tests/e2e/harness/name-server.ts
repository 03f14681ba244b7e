import { createSocket } from 'node:dgram';

export interface NameServer extends AsyncDisposable {
  /** `address:port`. */
  address: string;
  /** How many questions were answered. */
  asked(): number;
  /** What every name leads to from now on. */
  setAddresses(addresses: readonly string[]): void;
}

/** A resolver for one test: answers each question for IPv4 addresses by UDP (RFC 1035), to be believed for a second. */
export async function startNameServer(addresses: readonly string[]): Promise<NameServer> {
  let current = addresses;
  let asked = 0;
  const socket = createSocket('udp4');
  socket.on('message', (question, from) => {
    asked++;
    // The question ends after the name, which is labels up to an empty one, and four bytes of type and class.
    let end = 12;
    while (question[end] !== 0) end += question[end]! + 1;
    end += 5;
    const isA = question.readUInt16BE(end - 4) === 1;
    const answers = isA ? current : [];
    const header = Buffer.from(question.subarray(0, 12));
    header.writeUInt16BE(0x8180, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(answers.length, 6);
    header.writeUInt32BE(0, 8);
    // A pointer to the name, type A, class IN, one second, four bytes.
    const records = answers.map((address) => Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, ...address.split('.').map(Number)]));
    socket.send(Buffer.concat([header, question.subarray(12, end), ...records]), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked: () => asked,
    setAddresses(next) {
      current = next;
    },
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}
