import { browserSupportsWebAuthn, startAuthentication, startRegistration, WebAuthnAbortService } from '@simplewebauthn/browser';
import type { ParleyClient } from './types.js';

type Trpc = ParleyClient['trpc'];

/** Why a device made or showed no passkey, in a sentence, in the form that errors of calls have. */
class DeviceError extends Error {
  readonly data = { appCode: 'PASSKEY_REFUSED' };
}

/** True where this page can have passkeys: not at an address without a name, for which browsers make none. */
export function hasPasskeys(): boolean {
  return browserSupportsWebAuthn() && !/^[\d.]+$|:/.test(location.hostname);
}

/** Makes a passkey of this device, under this name. @param password of the account, if it has one */
export async function makePasskey(trpc: Trpc, { name, password }: { name: string; password: string | undefined }): Promise<void> {
  const optionsJSON = await trpc.passkeys.begin.mutate(password === undefined ? {} : { password });
  const answer = await startRegistration({ optionsJSON: optionsJSON as never }).catch((error: unknown) => {
    throw new DeviceError(
      error instanceof Error && error.name === 'InvalidStateError'
        ? 'This device has a passkey here already.'
        : 'The device made no passkey. Try again, and confirm what it asks.',
    );
  });
  const { id, rawId, response } = answer;
  const { clientDataJSON, attestationObject, transports } = response;
  await trpc.passkeys.add.mutate({
    name,
    answer: { id, rawId, type: 'public-key', response: { clientDataJSON, attestationObject, ...(transports && { transports }) } },
  });
}

/**
 * Signs in by a passkey of this device; the session is in the browser's cookie then.
 *
 * @param auto true to offer it in the list of the field for the username, and to wait there for as long as it takes
 */
export async function signInByPasskey(trpc: Trpc, auto: boolean): Promise<void> {
  const optionsJSON = await trpc.passkeys.request.mutate();
  const proof = await startAuthentication({ optionsJSON, useBrowserAutofill: auto }).catch(() => {
    throw new DeviceError('The device showed no passkey. Try again, or sign in by your password.');
  });
  const { id, rawId, response } = proof;
  const { clientDataJSON, authenticatorData, signature, userHandle } = response;
  await trpc.passkeys.signIn.mutate({
    proof: { id, rawId, type: 'public-key', response: { clientDataJSON, authenticatorData, signature, ...(userHandle && { userHandle }) } },
    transport: 'cookie',
  });
}

/** Ends what waits for a device, as when another way in was chosen. */
export function leaveDevice(): void {
  WebAuthnAbortService.cancelCeremony();
}
