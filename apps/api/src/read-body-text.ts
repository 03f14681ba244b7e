import { AppError } from '@parley/contracts';
import type { FastifyRequest } from 'fastify';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads a body as text in UTF-8, which JSON is, whatever charset its type names (RFC 8259, sections 8.1 and 11). A byte order mark at its
 * beginning is left out.
 *
 * @throws AppError VALIDATION for other bytes: replaced by U+FFFD, what they said would be lost for good
 */
export async function readBodyText({ headers }: FastifyRequest, body: Buffer): Promise<string> {
  const encoding = headers['content-encoding'];
  if (encoding && encoding.toLowerCase() !== 'identity')
    throw new AppError('VALIDATION', 'content-encoding: send the body as it is, not compressed.', { field: 'content-encoding' });
  try {
    return utf8.decode(body);
  } catch {
    throw new AppError('VALIDATION', 'The body is not in UTF-8. Send its text in UTF-8.');
  }
}
