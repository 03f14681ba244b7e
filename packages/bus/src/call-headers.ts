import { headers } from '@nats-io/transport-node';
import type { MsgHdrs } from '@nats-io/transport-node';
import { currentCall, readTraceparent, type Call } from './call-context.js';

const correlationHeader = 'correlation-id';
const traceHeader = 'traceparent';

/**
 * Headers that say which call a message is sent for; undefined outside of any call. They are far smaller than the room kept for headers.
 */
export function headersOfCall(): MsgHdrs | undefined {
  const call = currentCall();
  if (!call) return undefined;
  const sent = headers();
  sent.set(correlationHeader, call.correlationId);
  if (call.traceparent !== null) sent.set(traceHeader, call.traceparent);
  return sent;
}

/** The call that a message was sent for; null if its headers name none, as in messages of earlier versions. */
export function callOfHeaders(sent: MsgHdrs | undefined): Call | null {
  const correlationId = sent?.get(correlationHeader);
  return correlationId ? { correlationId, traceparent: readTraceparent(sent?.get(traceHeader)) } : null;
}
