import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { RunningProcess } from './processes.js';

/** Variables of a process that {@link keptBytes} can ask: V8's inspector listens on a free port of its own. */
export const askableForMemory = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };

/**
 * The bytes a process still needs, on V8's heap and in buffers beside it, once its garbage is collected.
 * What the system calls resident says less: it holds whatever the collector has not got round to, more on some runs than on others.
 */
export async function keptBytes(running: RunningProcess): Promise<number> {
  const [, url] = await running.printed(/Debugger listening on (ws:\S+)/);
  const socket = new WebSocket(url!);
  await once(socket, 'open');
  try {
    let id = 0;
    const call = async <Result>(method: string, params: object = {}): Promise<Result> => {
      socket.send(JSON.stringify({ id: ++id, method, params }));
      for (;;) {
        const [data] = (await once(socket, 'message')) as [Buffer];
        const answer = JSON.parse(data.toString()) as { id?: number; result?: Result; error?: { message: string } };
        if (answer.id !== id) continue;
        if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
        return answer.result!;
      }
    };
    // The first pass runs finalizers; what they let go of is collected by the second.
    await call('HeapProfiler.collectGarbage');
    await call('HeapProfiler.collectGarbage');
    const { result } = await call<{ result: { value: NodeJS.MemoryUsage } }>('Runtime.evaluate', {
      expression: 'process.memoryUsage()',
      returnByValue: true,
    });
    // `external` counts array buffers too, which is where what waits for a socket lies.
    return result.value.heapUsed + result.value.external;
  } finally {
    socket.terminate();
  }
}
