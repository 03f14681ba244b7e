import { describe, expect, test } from 'vitest';
import { nodeVersionProblem, oldestNode } from './node-version.mjs';

describe('nodeVersionProblem', () => {
  test.each(['20.19.0', 'v20.19.0', '20.20.2', '22.0.0', '100.0.0', '21.0.0-nightly20230801'])('%s is good enough', (version) => {
    expect(nodeVersionProblem(version)).toBeNull();
  });

  test.each(['20.18.3', '18.20.0', '14.21.3', '8.0.0', 'v9.99.99'])('%s is too old, and the line says what is needed', (version) => {
    const problem = nodeVersionProblem(version);
    expect(problem).toContain(oldestNode);
    expect(problem).toContain(version.replace('v', ''));
    expect(problem).not.toContain('\n');
  });

  test('compares numbers, not text', () => {
    expect(nodeVersionProblem('20.9.0')).not.toBeNull();
    expect(nodeVersionProblem('9.20.0', '10.0.0')).not.toBeNull();
  });
});
