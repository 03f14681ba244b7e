import type { NewSecondStep, SecurityView } from '@parley/contracts';
import { useState } from 'react';
import { encode } from 'uqr';
import { useClient } from '../../client/client-context.js';
import { Button } from '../../components/ui/button.js';
import { FormDialog } from '../../components/ui/form-dialog.js';
import { TextField } from '../../components/ui/text-field.js';
import { RecoveryCodes } from './recovery-codes.js';

interface SecondStepProps {
  security: SecurityView;
  onChanged: () => Promise<unknown>;
}

type Open = 'begin' | 'off' | 'renew' | NewSecondStep;

/** Codes of an app, which a sign-in by password asks for too. */
export function SecondStep({ security, onChanged }: SecondStepProps) {
  const { trpc } = useClient();
  const [open, setOpen] = useState<Open | null>(null);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const close = () => setOpen(null);
  // An account without a password shows by a sign-in of a moment ago that it is its owner who asks.
  const own = (password: string) => (security.password ? { password } : {});
  return (
    <>
      <p className="text-14 text-ink-2">
        {security.secondStep
          ? `On. After your password you type a code of your app, or a recovery code: ${security.recoveryCodes} of those ${security.recoveryCodes === 1 ? 'is' : 'are'} left.`
          : 'Off. An app on your phone can show a code that is asked for after your password, so that the password alone opens nothing.'}
      </p>
      {codes && <RecoveryCodes codes={codes} onDone={() => setCodes(null)} />}
      <div className="mt-3 flex flex-wrap gap-2">
        {security.secondStep ? (
          <>
            <Button onClick={() => setOpen('renew')}>New recovery codes</Button>
            <Button look="danger" onClick={() => setOpen('off')}>
              Turn off
            </Button>
          </>
        ) : (
          <Button onClick={() => setOpen('begin')}>Set up</Button>
        )}
      </div>
      {open === 'begin' && (
        <PasswordDialog
          title="Codes at sign-in"
          description="You need an app for codes, such as the one of your password manager."
          submit="Next"
          ask={security.password}
          onSubmit={async (password) => {
            const made = await trpc.secondStep.begin.mutate(own(password));
            // This dialog has closed by then.
            setTimeout(() => setOpen(made));
          }}
          onClose={close}
        />
      )}
      {open !== null && typeof open === 'object' && (
        <ScanDialog
          made={open}
          onClose={close}
          onConfirm={async (code) => {
            setCodes((await trpc.secondStep.confirm.mutate({ code })).recoveryCodes);
            await onChanged();
          }}
        />
      )}
      {open === 'off' && (
        <PasswordDialog
          title="Turn codes off?"
          description="Your password alone signs you in then. Your recovery codes are good no more."
          submit="Turn off"
          ask={security.password}
          onSubmit={async (password) => {
            await trpc.secondStep.remove.mutate(own(password));
            setCodes(null);
            await onChanged();
          }}
          onClose={close}
        />
      )}
      {open === 'renew' && (
        <PasswordDialog
          title="New recovery codes"
          description="Those that you have are good no more."
          submit="Make new ones"
          ask={security.password}
          onSubmit={async (password) => {
            setCodes((await trpc.secondStep.renewCodes.mutate(own(password))).recoveryCodes);
            await onChanged();
          }}
          onClose={close}
        />
      )}
    </>
  );
}

interface PasswordDialogProps {
  title: string;
  description: string;
  submit: string;
  /** Whether the account has a password to ask for. */
  ask: boolean;
  onSubmit: (password: string) => Promise<void>;
  onClose: () => void;
}

function PasswordDialog({ ask, onSubmit, ...dialog }: PasswordDialogProps) {
  const [password, setPassword] = useState('');
  return (
    <FormDialog {...dialog} missing={{ password: ask && password === '' && 'Type your password.' }} onSubmit={() => onSubmit(password)}>
      {(problemAt) =>
        ask && (
          <TextField
            label="Your password"
            type="password"
            autoComplete="current-password"
            autoFocus
            value={password}
            onChange={(event) => setPassword(event.target.value)}
            error={problemAt('password')}
          />
        )
      }
    </FormDialog>
  );
}

interface ScanDialogProps {
  made: NewSecondStep;
  onConfirm: (code: string) => Promise<void>;
  onClose: () => void;
}

function ScanDialog({ made, onConfirm, onClose }: ScanDialogProps) {
  const [code, setCode] = useState('');
  return (
    <FormDialog
      title="Scan this with your app"
      description="Then type the six digits that it shows."
      submit="Turn on"
      missing={{ code: code.trim() === '' && 'Type the code that the app shows.' }}
      onSubmit={() => onConfirm(code)}
      onClose={onClose}
    >
      {(problemAt) => (
        <>
          <QrCode text={made.uri} />
          <p className="text-13 text-ink-2">
            No camera? Type this into the app: <code className="font-mono text-13 wrap-anywhere text-ink select-all">{made.secret}</code>
          </p>
          <TextField
            label="Code"
            inputMode="numeric"
            autoComplete="one-time-code"
            maxLength={20}
            autoFocus
            value={code}
            onChange={(event) => setCode(event.target.value)}
            error={problemAt('code')}
          />
        </>
      )}
    </FormDialog>
  );
}

/** Black on white in both themes, because not every app reads it the other way. */
function QrCode({ text }: { text: string }) {
  const { data, size } = encode(text, { ecc: 'M', border: 2 });
  const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join('');
  return (
    <svg
      role="img"
      aria-label="QR code with the secret for your app"
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      className="mx-auto size-48 rounded-control border border-line"
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
