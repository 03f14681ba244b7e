import { useState } from 'react';
import { useRoomActions } from './room-actions.js';

/** A call behind a button: pressed twice it is still made once. A refusal is told above the composer. */
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
