import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import { httpErrorSchema } from '../http-errors.js';
import { UndeclaredError, type AnswerCheck } from './answer-check.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route answers as JSON, apart from errors. */
    answers?: z.ZodType;
  }
}

/** Checks the JSON answers of routes outside of tRPC: errors, and the answer that each route declares in its `config`. */
export function checkHttpAnswers(app: FastifyInstance, answers: AnswerCheck): void {
  app.addHook('preSerialization', async ({ routeOptions: { url, config } }, _reply, payload) => {
    const isError = typeof payload === 'object' && payload !== null && 'error' in payload;
    const schema = isError ? httpErrorSchema : config.answers;
    if (!schema) throw new UndeclaredError(`${url} declares no answer`);
    answers.allows(schema, payload, `the answer of ${url}`);
    return payload;
  });
}
