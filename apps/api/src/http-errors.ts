import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { AppError, appErrorDataSchema, appErrors } from '@parley/contracts';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { detailsOf, retryAfterHeader } from './trpc-errors.js';

const problemType = 'application/problem+json';

/**
 * An error outside of tRPC: a problem (RFC 9457), with our code. Its `error` says the same in the shape of tRPC's errors, for clients
 * that read both alike.
 */
export const httpErrorSchema = z.object({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: appErrorDataSchema.shape.appCode,
  error: z.object({ message: z.string(), data: appErrorDataSchema.extend({ httpStatus: z.int() }) }),
});

/** The error as a problem. */
export function problemOf(error: AppError, status: number = appErrors[error.code].http): z.infer<typeof httpErrorSchema> {
  return {
    type: 'about:blank',
    title: STATUS_CODES[status]!,
    status,
    detail: error.message,
    code: error.code,
    error: { message: error.message, data: { appCode: error.code, httpStatus: status, ...detailsOf(error) } },
  };
}

/** Sends the error as a problem. */
export function sendError(reply: FastifyReply, error: AppError): FastifyReply {
  const problem = problemOf(error);
  return reply
    .code(problem.status)
    .headers(retryAfterHeader([error]))
    .type(problemType)
    .send(problem);
}

/** How long a peer may take to read the answer that its connection ends with, in milliseconds. */
const lingerMs = 2_000;

/**
 * Writes the error as a whole HTTP answer to a stream that no server answers for, and closes it, also if the peer goes on sending: a
 * moment later, because a peer whose connection is cut while it sends may not see the answer.
 */
export function endWithError(stream: Duplex, error: AppError, status?: number): void {
  const problem = problemOf(error, status);
  const text = JSON.stringify(problem);
  const headers = Object.entries({
    'Content-Type': problemType,
    'Content-Length': Buffer.byteLength(text),
    ...retryAfterHeader([error]),
    Connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  const cut = setTimeout(() => stream.destroy(), lingerMs).unref();
  stream
    .once('close', () => clearTimeout(cut))
    .once('error', () => stream.destroy())
    .resume();
  stream.end(`HTTP/1.1 ${problem.status} ${problem.title}\r\n${headers.join('')}\r\n${text}`);
}

/** Answers a request that did not arrive in time, and closes its connection. */
export function endTooSlow(socket: Socket): void {
  endWithError(socket, new AppError('VALIDATION', 'The request did not arrive in time. Send it again.'), 408);
}

/** Answers bytes that are no HTTP request, one too large to read, or one that came too slowly, then closes the socket. */
export function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return endWithError(
        socket,
        new AppError('PAYLOAD_TOO_LARGE', 'The address and headers are too long. Send the input in the body of a POST.'),
        431,
      );
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return endTooSlow(socket);
    default:
      return endWithError(socket, new AppError('VALIDATION', 'The request could not be read. Check its form and headers.'));
  }
}
