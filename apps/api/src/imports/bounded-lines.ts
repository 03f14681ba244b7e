export type BoundedLine = { number: number; text: string } | { number: number; problem: string };

/** Yields the lines of a file, of which none takes more memory than `maxBytes`: a longer one, and one that is no UTF-8, is passed over. */
export async function* boundedLines(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<BoundedLine, void> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let number = 0;
  let parts: Uint8Array[] = [];
  let bytes = 0;
  const hold = (part: Uint8Array): void => {
    if (bytes <= maxBytes) parts.push(part);
    bytes += part.length;
  };
  const take = (): BoundedLine | null => {
    number++;
    const [given, size] = [parts, bytes];
    [parts, bytes] = [[], 0];
    if (size > maxBytes) return { number, problem: `is larger than ${Math.floor(maxBytes / 1024)} kB` };
    try {
      const text = decoder.decode(Buffer.concat(given)).trim();
      return text === '' ? null : { number, text };
    } catch {
      return { number, problem: 'is not UTF-8' };
    }
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      hold(chunk.slice(start, end));
      start = end + 1;
      const line = take();
      if (line) yield line;
    }
    if (start < chunk.length) hold(chunk.slice(start));
  }
  const last = take();
  if (last) yield last;
}
