// `npm run model-server`: see docs/model-server.md.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { AnswerRulesError, readAnswerRules, scriptOf } from './answer-rules.js';
import { startModelServer, type ModelServerOptions } from './model-server.js';

/** Where the server is unless it is told another port. */
const defaultPort = 4010;

const usage = `npm run model-server -- [--port ${defaultPort}] [--answers <file.json>] [--models <name>,<name> …]`;

async function start(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { port: { type: 'string' }, answers: { type: 'string' }, models: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const port = Number(values.port ?? defaultPort);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new AnswerRulesError(`--port: “${values.port}” is no number of a port.`);
  const options: ModelServerOptions = { port };
  if (values.models !== undefined) options.models = values.models.split(',').map((name) => name.trim());
  if (values.answers !== undefined) options.script = scriptOf(readAnswerRules(await readJson(values.answers)));
  const server = await startModelServer(options);
  console.log(`The model server answers at ${server.origin}. Start Parley with one of:

  OPENAI_BASE_URL=${server.url} DEFAULT_MODEL=openai:scripted npm start
  ANTHROPIC_BASE_URL=${server.anthropicUrl} DEFAULT_MODEL=anthropic:scripted npm start
  GOOGLE_GENERATIVE_AI_BASE_URL=${server.googleUrl} DEFAULT_MODEL=google:scripted npm start

  PUT ${server.origin}/answers    sets what it answers, as JSON
  GET ${server.origin}/requests   is what it was sent`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void server.close());
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AnswerRulesError(`${file} is no JSON: ${String(error)}`);
  }
}

start(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  console.error(`Usage: ${usage}`);
  process.exitCode = 1;
});
