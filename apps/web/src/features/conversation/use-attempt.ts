import { useState } from 'react';
import { useRoomActions } from './room-actions.js';

/** Makes one call behind a button, even if the button is pressed twice. A refusal is shown above the composer. */
export function useAttempt(call: () => Promise<unknown>): { busy: boolean; press: () => void } {
  const { attempt } = useRoomActions();
  const [busy, setBusy] = useState(false);
  const make = async () => {
    setBusy(true);
    await attempt(call);
    setBusy(false);
  };
  return { busy, press: () => void make() };
}
