/** What takes the keys that were typed before it was there. */
const takers = '[role=dialog], [role=menu], [aria-label="Edit message"]';

/** How long code that the browser has at hand may take to load while there is no network, in milliseconds. */
const atHandMs = 300;

/** How long it may take otherwise before it is given up, in milliseconds: longer than people wait for a dialog that they asked for. */
const patienceMs = 10_000;

/** How long what was loaded may take to take the focus, in milliseconds. After that the keys are forgotten. */
const focusWithinMs = 2_000;

/**
 * Holds back what is typed while a dialog or menu is loading, so that it does not go to whatever has the focus.
 *
 * @param drop called once if the code cannot be loaded, or (`failed` is false) the user goes on to something else: presses elsewhere, Tab or Escape
 * @returns a function to call when the waiting is over: unless it was dropped, the keys go to what takes the focus then
 */
export function holdKeys(drop: (failed: boolean) => void): () => void {
  const keys: string[] = [];
  const waiting = new AbortController();
  const holding = new AbortController();
  const end = (failed: boolean) => {
    if (holding.signal.aborted) return;
    waiting.abort();
    holding.abort();
    drop(failed);
  };
  const hold = (event: KeyboardEvent) => {
    if (event.key === 'Tab') end(false);
    if (event.ctrlKey || event.metaKey || event.altKey || event.key === 'Tab') return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === 'Escape') end(false);
    else keys.push(event.key);
  };
  document.addEventListener('keydown', hold, { capture: true, signal: holding.signal });
  document.addEventListener('pointerdown', () => end(false), { capture: true, signal: waiting.signal });
  const timer = setTimeout(() => end(true), navigator.onLine ? patienceMs : atHandMs);
  return () => {
    clearTimeout(timer);
    waiting.abort();
    const pass = () => {
      if (!document.activeElement?.closest(takers)) return;
      holding.abort();
      for (const key of keys.splice(0)) press(key);
    };
    // The focus may be set while React still draws, when it would take in only the last of several keys: wait a turn.
    const passLater = () => setTimeout(pass);
    document.addEventListener('focusin', passLater, { signal: holding.signal });
    setTimeout(() => holding.abort(), focusWithinMs);
    passLater();
  };
}

/** Does in the focused element what the key does there. */
function press(key: string): void {
  const target = document.activeElement as HTMLInputElement;
  if (!target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))) return;
  if (!target.matches('input, textarea')) return;
  if (key.length === 1) document.execCommand('insertText', false, key);
  if (key === 'Backspace') document.execCommand('delete');
  if (key === 'Enter') target.form?.requestSubmit();
}
