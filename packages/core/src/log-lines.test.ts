import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LogLines } from './log-lines.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A file that takes bytes, or fails with a code. */
function file() {
  const state = { written: '', calls: 0, code: null as string | null, most: Infinity };
  const lines = new LogLines({
    write(_fd, bytes) {
      state.calls++;
      if (state.code !== null) throw Object.assign(new Error(state.code), { code: state.code });
      const taken = bytes.subarray(0, state.most);
      state.written += taken.toString();
      return taken.length;
    },
  });
  return { state, lines };
}

test('writes each line at once, in pieces if need be', () => {
  const { state, lines } = file();
  lines.write('one\n');
  expect(state.written).toBe('one\n');
  state.most = 2;
  lines.write('twenty\n');
  expect(state.written).toBe('one\ntwenty\n');
});

test('gives up for good where nobody reads, and never tries again', () => {
  const { state, lines } = file();
  state.code = 'EPIPE';
  lines.write('one\n');
  lines.write('two\n');
  expect(state.calls).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});

test.each(['ENOSPC', 'EIO', 'EDQUOT'])('loses a line to %s, and writes the next when there is room again', (code) => {
  const { state, lines } = file();
  state.code = code;
  lines.write('lost\n');
  state.code = null;
  lines.write('kept\n');
  expect(state.written).toBe('kept\n');
});

test('keeps lines for a slow reader, in order, up to a bound', async () => {
  const { state, lines } = file();
  state.code = 'EAGAIN';
  lines.write('one\n');
  lines.write('two\n');
  for (let i = 0; i < 40; i++) lines.write(`${'x'.repeat(50_000)}\n`);
  await vi.advanceTimersByTimeAsync(500);
  state.code = null;
  await vi.advanceTimersByTimeAsync(50);
  expect(state.written.startsWith('one\ntwo\n')).toBe(true);
  expect(state.written.length).toBeLessThanOrEqual(1024 * 1024);
  expect(vi.getTimerCount()).toBe(0);
});
