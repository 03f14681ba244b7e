import type { Doors, InvitationView } from '@parley/contracts';
import { useCallback, useEffect, useState } from 'react';
import { useClient } from '../../client/client-context.js';
import { errorMessage } from '../../client/errors.js';

/**
 * Which ways in the server has, what an invitation leads to, and the way by a passkey where this device has one. While the server does not
 * say, the form does without.
 *
 * @param invite the code of the invitation by which the page was opened
 * @param onProblem called with why a passkey did not open the door; the same function each time, so that what waits for the device is not begun anew
 */
export function useDoors(invite: string | null, onProblem: (message: string) => void) {
  const { auth, trpc } = useClient();
  const [doors, setDoors] = useState<Doors | null>(null);
  const [invitation, setInvitation] = useState<InvitationView | null>(null);
  const [device, setDevice] = useState<typeof import('../../client/passkey-device.js') | null>(null);
  useEffect(() => {
    trpc.auth.doors.query().then(setDoors, () => {});
    if (invite !== null) trpc.auth.invite.query({ invite }).then(setInvitation, () => {});
  }, [trpc, invite]);
  const open = useCallback(
    async (by: NonNullable<typeof device>, auto: boolean) => {
      try {
        await by.signInByPasskey(trpc, auto);
        await auth.restore();
      } catch (error) {
        if (!auto) onProblem(errorMessage(error));
      }
    },
    [auth, trpc, onProblem],
  );
  useEffect(() => {
    if (!doors?.passkeys) return;
    let gone = false;
    void import('../../client/passkey-device.js').then(async (by) => {
      if (gone || !by.hasPasskeys()) return;
      setDevice(by);
      // Offered in the list of the field for the username, where the browser can.
      if (await PublicKeyCredential.isConditionalMediationAvailable?.()) if (!gone) void open(by, true);
    });
    return () => {
      gone = true;
      void import('../../client/passkey-device.js').then((by) => by.leaveDevice());
    };
  }, [doors, open]);
  return { doors, invitation, passkey: device && (() => void open(device, false)) };
}
