import { currentCall, isRecorded, type MaybeTracer } from '@parley/bus';
import type { HubWatch } from '../realtime/room/hub-watch.js';

/** Tells a watch, and has a tracer record each flush to readers below the call whose event it carries. */
export function tracedHub(watch: HubWatch, tracer: MaybeTracer): HubWatch {
  if (!tracer) return watch;
  return {
    delivered: (durable, ephemeral, leftOut) => watch.delivered(durable, ephemeral, leftOut),
    arrived() {
      const done = watch.arrived();
      const parent = currentCall()?.traceparent;
      if (!parent || !isRecorded()) return done;
      const at = performance.now();
      return (readers) => {
        done(readers);
        tracer.begin({ name: 'flush', at, facts: { 'parley.readers': readers } }, parent).end();
      };
    },
  };
}
