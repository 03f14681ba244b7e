import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import * as yazl from 'yazl';

/** Writes a zip of these files: a text as it is, anything else as JSON. */
export async function makeZip(path: string, files: Record<string, unknown>): Promise<string> {
  const zip = new yazl.ZipFile();
  for (const [name, content] of Object.entries(files))
    zip.addBuffer(Buffer.isBuffer(content) ? content : Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)), name);
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(path));
  return path;
}
