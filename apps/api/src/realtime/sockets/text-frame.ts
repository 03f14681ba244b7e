/** The pieces of a WebSocket text frame (RFC 6455, section 5.2; unmasked, as a server sends it): its header, then the payload's. */
export function textFrame(...payload: Buffer[]): Buffer[] {
  let length = 0;
  for (const piece of payload) length += piece.length;
  return [frameHeader(length), ...payload];
}

function frameHeader(length: number): Buffer {
  const finalText = 0x81;
  if (length < 126) return Buffer.from([finalText, length]);
  if (length < 65_536) return Buffer.from([finalText, 126, length >> 8, length & 0xff]);
  const header = Buffer.alloc(10);
  header[0] = finalText;
  header[1] = 127;
  header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}
