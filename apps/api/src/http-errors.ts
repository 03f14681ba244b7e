import type { Socket } from 'node:net';
import { AppError, appErrorDataSchema, appErrors } from '@parley/contracts';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { detailsOf, retryAfterHeader } from './trpc-errors.js';

/** Answers bytes that are no HTTP request, or one too large to read: writes the status, our code and a sentence, then closes the socket. */
export function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const tooLong = error.code === 'HPE_HEADER_OVERFLOW';
  const appError = tooLong
    ? new AppError('PAYLOAD_TOO_LARGE', 'The address and headers are too long. Send the input in the body of a POST.')
    : new AppError('VALIDATION', 'The request could not be read. Check its form and headers.');
  const { body, httpStatus } = errorBody(appError);
  const status = tooLong
    ? '431 Request Header Fields Too Large'
    : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? '408 Request Timeout'
      : `${httpStatus} Bad Request`;
  const text = JSON.stringify(body);
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
  );
}

/** An error outside of tRPC, in the shape of tRPC's. */
export const httpErrorSchema = z.object({
  error: z.object({ message: z.string(), data: appErrorDataSchema.extend({ httpStatus: z.int() }) }),
});

function errorBody(error: AppError): { httpStatus: number; body: z.infer<typeof httpErrorSchema> } {
  const httpStatus = appErrors[error.code].http;
  return { httpStatus, body: { error: { message: error.message, data: { appCode: error.code, httpStatus, ...detailsOf(error) } } } };
}

/** Sends our code and a sentence, in the shape of tRPC's errors. */
export function sendError(reply: FastifyReply, error: AppError): FastifyReply {
  const { httpStatus, body } = errorBody(error);
  return reply
    .code(httpStatus)
    .headers(retryAfterHeader([error]))
    .send(body);
}
