import { createServer } from 'node:http';
import { verifyWebhook } from '@parley/client';

const secret = process.env.WEBHOOK_SECRET ?? '';
/** Parley sends a webhook again whose answer it did not get: its id shows the repeat. A real receiver keeps the ids where it keeps the rest. */
const seen = new Set();

const server = createServer(async (request, response) => {
  try {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const event = await verifyWebhook(secret, request.headers, Buffer.concat(chunks));
    const id = request.headers['webhook-id'];
    if (!seen.has(id)) console.log(event.type, JSON.stringify(event.data));
    seen.add(id);
    response.writeHead(204).end();
  } catch (error) {
    console.error(error.message);
    response.writeHead(400).end();
  }
});
server.listen(process.env.PORT ?? 8080, '127.0.0.1', () => console.log(`Listening at http://127.0.0.1:${server.address().port}`));
