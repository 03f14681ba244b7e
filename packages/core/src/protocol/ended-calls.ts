import type { ToolCallView } from '@parley/contracts';

/** The calls of an answer that has ended, whoever ended it: what still waited to be allowed was not made. */
export function endedCalls(tools: readonly ToolCallView[]): ToolCallView[] {
  return tools.map(({ waitsFor: _waitsFor, ...call }) => (call.state === 'waiting' ? { ...call, state: 'lapsed' } : call));
}
