const focusable = 'a[href], button, input, select, textarea, [tabindex]';
/** What one comes back from, to where one was before. */
const layers = '[role=dialog], [role=menu], aside';
const box = 'textarea[aria-label=Message]';

/** Where the focus is, with what is needed to find the next place once it is gone. */
interface Place {
  element: HTMLElement;
  /** Everything that could take the focus, in the order of the document. */
  order: readonly HTMLElement[];
  /** From the inside out. */
  ancestors: readonly Element[];
  /** Where the focus was before it came into this dialog, menu or panel. */
  opener: Place | null;
}

/**
 * Keeps the keyboard's place. When the focused element goes away (its message was deleted, its member removed, its dialog closed, its button
 * pressed once and for all), the focus goes to what follows it in the same row, list or dialog, then back to where it came from, at last
 * to the box. After a form was sent, its first wrong field is focused, and an error of the whole form is brought into view.
 *
 * @returns a function that ends it
 */
export function keepFocus(): () => void {
  const ended = new AbortController();
  const { signal } = ended;
  let place: Place | null = null;
  let sent: HTMLFormElement | null = null;

  const isLost = () => document.activeElement === null || document.activeElement === document.body;
  const onFocusIn = ({ target }: FocusEvent) => {
    place = placeOf(target as HTMLElement, place);
  };
  const onFocusOut = ({ relatedTarget }: FocusEvent) => {
    if (relatedTarget) return;
    // Whoever presses on nothing leaves the place on purpose: its element is still there.
    afterDrawing(() => {
      if (place && isLost() && isUsable(place.element)) place = null;
    });
  };
  const look = () => {
    if (sent) showProblem(sent);
    if (!place || !isLost()) return;
    // A button that waits for an answer comes back, or goes.
    if (isWaiting(place.element)) return;
    if (isUsable(place.element)) return place.element.focus();
    // Whoever removed it may know a better place.
    const lost = place;
    afterDrawing(() => {
      if (!signal.aborted && isLost() && place === lost) focusOn(nextOf(lost) ?? lastResort());
    });
  };
  const showProblem = (form: HTMLFormElement) => {
    const wrong = form.querySelector<HTMLElement>('[aria-invalid=true]');
    const alert = form.querySelector('[role=alert]');
    if (!wrong && !alert) return;
    sent = null;
    if (wrong) wrong.focus();
    else alert?.scrollIntoView({ block: 'nearest' });
  };

  document.addEventListener('focusin', onFocusIn, { signal });
  document.addEventListener('focusout', onFocusOut, { signal });
  document.addEventListener(
    'submit',
    ({ target }) => {
      sent = target as HTMLFormElement;
      afterDrawing(look);
    },
    { signal, capture: true },
  );
  // What is marked while one types on is no answer to what was sent.
  document.addEventListener('input', () => void (sent = null), { signal });
  const observer = new MutationObserver(look);
  observer.observe(document.body, { subtree: true, childList: true, attributeFilter: ['disabled', 'inert', 'aria-invalid'] });
  if (document.activeElement instanceof HTMLElement && !isLost()) place = placeOf(document.activeElement, null);
  return () => {
    ended.abort();
    observer.disconnect();
  };
}

function placeOf(element: HTMLElement, before: Place | null): Place {
  const layer = element.closest(layers);
  const opener = layer && before?.element.closest(layers) === layer ? before.opener : layer ? before : null;
  const ancestors: Element[] = [];
  for (let each = element.parentElement; each; each = each.parentElement) ancestors.push(each);
  return { element, ancestors, opener, order: [...document.querySelectorAll<HTMLElement>(focusable)] };
}

function nextOf({ element, ancestors, order, opener }: Place): HTMLElement | null {
  if (isUsable(element)) return element;
  const at = order.indexOf(element);
  const layer = element.closest(layers);
  // What has closed leads back, and nowhere else.
  if (layer && opener && !layer.isConnected) return nextOf(opener);
  const label = element.getAttribute('aria-label');
  const near = [...order.slice(at + 1), ...order.slice(0, at).reverse()];
  for (const home of ancestors) {
    if (!home.isConnected || home === document.body || home.id === 'root') continue;
    if (home.matches('article[tabindex]')) return home as HTMLElement;
    if (home.querySelector(box)) return lastResort();
    // The same control, drawn anew.
    const again = label === null ? [] : [...home.querySelectorAll<HTMLElement>(focusable)].filter((each) => each.ariaLabel === label);
    const next = [...again, ...near].find((each) => home.contains(each) && isUsable(each));
    if (next) return next;
  }
  return opener && nextOf(opener);
}

/** The box, where writing goes on. On a touch screen that would raise the keyboard over what is read, so the screen itself. */
function lastResort(): HTMLElement | null {
  const found = document.querySelector<HTMLElement>(box);
  if (found && isUsable(found) && window.matchMedia('(pointer: fine)').matches) return found;
  const main = document.querySelector<HTMLElement>('main, [role=main]');
  if (main) Object.assign(main, { tabIndex: -1 }).style.outline = 'none';
  return main;
}

function focusOn(element: HTMLElement | null): void {
  // What is read stays where it is.
  element?.focus({ preventScroll: element.closest('[role=log]') !== null });
}

function isUsable(element: HTMLElement): boolean {
  return element.getClientRects().length > 0 && !element.matches(':disabled') && !element.closest('[inert]');
}

function isWaiting(element: HTMLElement): boolean {
  return element.isConnected && element.matches(':disabled');
}

/** In the second frame from now: whoever acts on the same change has done so by then. */
function afterDrawing(act: () => void): void {
  requestAnimationFrame(() => requestAnimationFrame(act));
}
