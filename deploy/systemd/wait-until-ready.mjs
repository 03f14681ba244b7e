// Waits until the server of a unit can take calls: node wait-until-ready.mjs <port>
// systemd ends it after TimeoutStartSec. It gives up by itself when the server, whose process systemd names in MAINPID, is gone.
const [port] = process.argv.slice(2);
const { HOST, MAINPID } = process.env;
const everyMs = 250;

/** Where the server listens, as seen from this machine. */
function host() {
  if (!HOST || HOST === '0.0.0.0') return '127.0.0.1';
  if (HOST === '::') return '[::1]';
  return HOST.includes(':') ? `[${HOST}]` : HOST;
}

async function isReady() {
  try {
    const { ok } = await fetch(`http://${host()}:${port}/ready`, { signal: AbortSignal.timeout(5_000) });
    return ok;
  } catch {
    return false;
  }
}

function isGone() {
  if (!MAINPID) return false;
  try {
    process.kill(Number(MAINPID), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

while (!(await isReady())) {
  if (isGone()) {
    console.error('The server ended before it was ready; its log, above, says why.');
    process.exit(1);
  }
  await new Promise((resolve) => setTimeout(resolve, everyMs));
}
