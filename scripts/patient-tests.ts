import { vi } from 'vitest';

/** What is waited for comes when it comes: vitest's one second would be a test of how fast the machine is. */
const patienceMs = 180_000;

const { waitFor, waitUntil } = vi;
vi.waitFor = (callback, options = patienceMs) => waitFor(callback, options);
vi.waitUntil = (callback, options = patienceMs) => waitUntil(callback, options);
