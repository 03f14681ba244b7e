import { AppError } from '@parley/contracts';

export interface Line {
  /** The line's number, from 1. */
  number: number;
  text: string;
}

export interface LineLimits {
  maxBytes: number;
  maxFirstLineBytes: number;
  /** Of each line but the first. */
  maxLineBytes: number;
}

/** Room that is made for a line at first, in bytes. It doubles when it is full. */
const firstRoomBytes = 16 * 1024;

/**
 * Yields the lines of a stream of bytes, without their LF. Empty lines are counted but not yielded. Holds one line at a time.
 *
 * @throws AppError PAYLOAD_TOO_LARGE beyond a limit; VALIDATION, with the line's number, for what is not UTF-8
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>, limits: LineLimits): AsyncGenerator<Line, void> {
  let number = 0;
  let totalBytes = 0;
  // One buffer, and not a list of what came: a peer that sends single bytes would make millions of pieces.
  let pending = Buffer.allocUnsafe(firstRoomBytes);
  let pendingBytes = 0;

  const hold = (part: Uint8Array): void => {
    const needed = pendingBytes + part.length;
    if (needed > (number === 0 ? limits.maxFirstLineBytes : limits.maxLineBytes)) {
      throw new AppError('PAYLOAD_TOO_LARGE', `Line ${number + 1} is longer than lines may be.`);
    }
    if (needed > pending.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, pending.length * 2));
      pending.copy(larger, 0, 0, pendingBytes);
      pending = larger;
    }
    pending.set(part, pendingBytes);
    pendingBytes = needed;
  };
  const take = (): Line => {
    number++;
    const text = decode(pending.subarray(0, pendingBytes), number);
    pendingBytes = 0;
    return { number, text };
  };

  for await (const chunk of chunks) {
    totalBytes += chunk.length;
    if (totalBytes > limits.maxBytes) {
      throw new AppError('PAYLOAD_TOO_LARGE', `The file is larger than ${Math.floor(limits.maxBytes / 1024 / 1024)} MB.`);
    }
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      const part = chunk.subarray(start, end);
      start = end + 1;
      // Drop blank lines here, so that a file of nothing but line ends costs no more than its bytes.
      if (pendingBytes === 0 && isBlank(part)) {
        number++;
        continue;
      }
      hold(part);
      yield take();
    }
    hold(chunk.subarray(start));
  }
  if (pendingBytes > 0) yield take();
}

/** True for an empty line, and for the CR that is left of a CR LF. */
function isBlank(bytes: Uint8Array): boolean {
  return bytes.length === 0 || (bytes.length === 1 && bytes[0] === 0x0d);
}

function decode(bytes: Uint8Array, number: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new AppError('VALIDATION', `Line ${number}: is not UTF-8.`, { field: `line ${number}`, cause });
  }
}
