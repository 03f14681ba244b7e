import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Collected } from './collected.js';

export interface CollectedSpan {
  traceId: string;
  spanId: string;
  parentId: string | null;
  name: string;
  /** `service.instance.id` of the process that recorded it. */
  instanceId: string;
  startMs: number;
  endMs: number;
  failed: boolean;
  facts: Record<string, unknown>;
  events: string[];
}

/** What takes spans as a collector does, over OTLP (HTTP, JSON), and keeps them. */
export interface Collector extends AsyncDisposable {
  url: string;
  spans: Collected<CollectedSpan>;
}

interface OtlpAttribute {
  key: string;
  value: Record<string, unknown>;
}
interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  status?: { code?: number };
  attributes?: OtlpAttribute[];
  events?: { name: string }[];
}
interface OtlpTraces {
  resourceSpans: { resource: { attributes: OtlpAttribute[] }; scopeSpans: { spans: OtlpSpan[] }[] }[];
}

export async function startCollector(): Promise<Collector> {
  const spans = new Collected<CollectedSpan>();
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      if (request.method !== 'POST' || request.url !== '/v1/traces') return response.writeHead(404).end();
      for (const { resource, scopeSpans } of (JSON.parse(text) as OtlpTraces).resourceSpans) {
        const instanceId = String(factsOf(resource.attributes)['service.instance.id']);
        for (const span of scopeSpans.flatMap(({ spans: own }) => own)) spans.push(spanOf(span, instanceId));
      }
      return response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function spanOf(span: OtlpSpan, instanceId: string): CollectedSpan {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentId: span.parentSpanId || null,
    name: span.name,
    instanceId,
    startMs: Number(BigInt(span.startTimeUnixNano) / 1000n) / 1000,
    endMs: Number(BigInt(span.endTimeUnixNano) / 1000n) / 1000,
    failed: span.status?.code === 2,
    facts: factsOf(span.attributes ?? []),
    events: (span.events ?? []).map(({ name }) => name),
  };
}

function factsOf(attributes: readonly OtlpAttribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
