/** How long a test waits for what must come, in milliseconds. Only what hangs is to be given up: a busy machine takes many times what an idle one does. */
export const patienceMs = 180_000;
