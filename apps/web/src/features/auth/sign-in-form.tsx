import { handlePattern, maxUsernameLength, minPasswordLength, minUsernameLength, type InvitationView } from '@parley/contracts';
import { KeyRound } from 'lucide-react';
import { useCallback, useEffect, useState, type FormEvent } from 'react';
import { useClient } from '../../client/client-context.js';
import { errorField, errorMessage, isUnavailable } from '../../client/errors.js';
import { Button } from '../../components/ui/button.js';
import { Logo } from '../../components/ui/logo.js';
import { icon } from '../../components/ui/icon.js';
import { TextField } from '../../components/ui/text-field.js';
import { CodeStep } from './code-step.js';
import { useDoors } from './use-doors.js';

type Intent = 'login' | 'register';
/** `passing` is true where the input is fine and the same call will work later. */
type Problem = { field: 'username' | 'password' | null; message: string; passing?: boolean };

interface SignInFormProps {
  /** Why an earlier session ended. */
  reason: string | null;
  /** Why nobody can sign in just now. */
  away: string | null;
  /** Whose password was just set. @default nobody's */
  username?: string | undefined;
}

/** One form for both: whoever has an account signs in, whoever has none creates one with the same two fields. */
export function SignInForm({ reason, away, username: known = '' }: SignInFormProps) {
  const { auth } = useClient();
  const [username, setUsername] = useState(known);
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState<Intent | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [step, setStep] = useState<string | null>(null);
  const invite = inviteOf(location.hash);
  const onPasskeyProblem = useCallback((message: string) => setProblem({ field: null, message }), []);
  const { doors, invitation, passkey } = useDoors(invite, onPasskeyProblem);

  const submit = async (intent: Intent) => {
    const found = intent === 'register' ? checkNewAccount(username, password) : checkFilled(username, password);
    setProblem(found);
    if (found) return;
    setBusy(intent);
    try {
      const account = { username: username.trim(), password };
      await auth[intent](intent === 'login' || invite === null ? account : { ...account, invite });
    } catch (error) {
      const next = stepOf(error);
      if (next !== null) {
        setStep(next);
        return;
      }
      const field = errorField(error);
      const shown = field === 'username' || field === 'password' ? field : null;
      setProblem({ field: shown, message: errorMessage(error), passing: isUnavailable(error) });
    } finally {
      setBusy(null);
    }
  };
  // The part that was away is back, so its message no longer applies.
  useEffect(() => {
    if (away === null) setProblem((known) => (known?.passing ? null : known));
  }, [away]);
  const wait = away ?? (problem?.passing ? problem.message : null);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void submit('login');
  };

  const back = () => {
    setStep(null);
    setPassword('');
  };

  if (step !== null) return <CodeStep step={step} onBack={back} />;
  return (
    <form onSubmit={onSubmit} noValidate className="w-full max-w-[340px]">
      <div className="mb-7 flex items-center gap-2.5 text-16 font-bold">
        <Logo size={22} />
        Parley
      </div>
      <h1 className="text-22 font-bold">{invitation ? 'You are invited' : 'Come in'}</h1>
      <p className="mt-1.5 mb-6 text-14 text-ink-2">
        {invitation ? (
          <Invited invitation={invitation} />
        ) : (
          'Rooms where people and AI characters talk. New here? Choose a name and a password.'
        )}
      </p>
      {reason && (
        <p role="status" className="mb-5 rounded-control bg-hover px-3 py-2 text-14">
          {reason}
        </p>
      )}
      <TextField
        label="Username"
        name="username"
        autoComplete="username webauthn"
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        autoFocus
        value={username}
        onChange={(event) => setUsername(event.target.value)}
        error={problem?.field === 'username' ? problem.message : undefined}
      />
      <TextField
        className="mt-4"
        label="Password"
        name="password"
        type="password"
        autoComplete="current-password"
        value={password}
        onChange={(event) => setPassword(event.target.value)}
        error={problem?.field === 'password' ? problem.message : undefined}
      />
      <div role="status">{wait && <p className="mt-5 rounded-control bg-hover px-3 py-2 text-14">{wait}</p>}</div>
      {problem && problem.field === null && !problem.passing && (
        <p role="alert" className="mt-4 text-14 text-danger">
          {problem.message}
        </p>
      )}
      <div className="mt-6 flex flex-col gap-2.5">
        <Button look={invitation ? 'secondary' : 'primary'} size="large" type="submit" disabled={busy !== null}>
          {busy === 'login' ? 'Signing in…' : 'Sign in'}
        </Button>
        <Button look={invitation ? 'primary' : 'secondary'} size="large" disabled={busy !== null} onClick={() => void submit('register')}>
          {busy === 'register' ? 'Creating your account…' : 'Create account'}
        </Button>
        {passkey && (
          <Button look="quiet" size="large" disabled={busy !== null} onClick={passkey}>
            <KeyRound {...icon} />
            Use a passkey
          </Button>
        )}
        {doors?.mail === false && problem?.field === 'password' && (
          <p className="text-13 text-ink-2">Forgot it? Whoever runs this server can send you a link for a new one.</p>
        )}
      </div>
    </form>
  );
}

function Invited({ invitation: { madeBy, rooms } }: { invitation: InvitationView }) {
  return (
    <>
      {madeBy ? (
        <>
          <bdi className="font-medium text-ink">{madeBy.displayName}</bdi> invites you
        </>
      ) : (
        'Whoever runs this server invites you'
      )}{' '}
      to Parley
      {rooms.length > 0 && ': '}
      {rooms.map((name, index) => (
        <span key={index}>
          {index > 0 && (index === rooms.length - 1 ? ' and ' : ', ')}
          <bdi className="font-medium text-ink">{name}</bdi>
        </span>
      ))}
      . Choose a name and a password.
    </>
  );
}

/** The step that a sign-in ended with which asks for a code too; null for any other error. */
function stepOf(error: unknown): string | null {
  const { data } = error as { data?: { step?: unknown } | null };
  return typeof data?.step === 'string' ? data.step : null;
}

/** The code of an invitation, or of the set-up link, by which this page was opened. */
function inviteOf(hash: string): string | null {
  return new URLSearchParams(hash.slice(1)).get('invite');
}

function checkFilled(username: string, password: string): Problem | null {
  if (username.trim() === '') return { field: 'username', message: 'Type your username.' };
  if (password === '') return { field: 'password', message: 'Type your password.' };
  return null;
}

function checkNewAccount(username: string, password: string): Problem | null {
  const name = username.trim().toLowerCase();
  if (name.length < minUsernameLength || name.length > maxUsernameLength || !handlePattern.test(name)) {
    return {
      field: 'username',
      message: `Use ${minUsernameLength} to ${maxUsernameLength} letters, digits, “-”, “_” or inner dots, starting with a letter or digit.`,
    };
  }
  if (password.length < minPasswordLength) return { field: 'password', message: `Use at least ${minPasswordLength} characters.` };
  return null;
}
