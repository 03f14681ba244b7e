import { maxDisplayNameLength, type AccountView } from '@parley/contracts';
import { useState, type FormEvent } from 'react';
import { useClient } from '../../client/client-context.js';
import { useCall } from '../../client/use-call.js';
import { Avatar } from '../../components/ui/avatar.js';
import { Button } from '../../components/ui/button.js';
import { HueSlider } from '../../components/ui/hue-slider.js';
import { TextField } from '../../components/ui/text-field.js';

export function ProfileForm({ user }: { user: AccountView }) {
  const { auth, trpc } = useClient();
  const [displayName, setDisplayName] = useState(user.displayName);
  const [hue, setHue] = useState(user.avatar.hue);
  const [saved, setSaved] = useState(false);
  const { busy, problem, call } = useCall();
  const name = displayName.trim();
  const changed = name !== user.displayName || hue !== user.avatar.hue;
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (name === '') return;
    const done = await call(async () => {
      await trpc.users.updateProfile.mutate({ displayName: name, hue });
      auth.update({ displayName: name, avatar: { ...user.avatar, hue } });
    });
    setSaved(done);
  };
  return (
    <form onSubmit={(event) => void save(event)} noValidate className="flex flex-col gap-4">
      <div className="flex items-center gap-4">
        <Avatar name={displayName} avatar={{ hue, glyph: null }} kind="person" size="large" />
        <div className="min-w-0 flex-1">
          <HueSlider label="Colour" hue={hue} onChange={setHue} />
        </div>
      </div>
      <TextField
        label="Display name"
        hint={`You sign in, and are mentioned, as ${user.username}.`}
        maxLength={maxDisplayNameLength}
        autoComplete="nickname"
        value={displayName}
        onChange={(event) => setDisplayName(event.target.value)}
        error={name === '' ? 'Others need something to call you.' : undefined}
      />
      {problem && (
        <p role="alert" className="text-14 text-danger">
          {problem}
        </p>
      )}
      <div className="flex items-center gap-3">
        <Button look="primary" type="submit" disabled={busy || !changed}>
          Save
        </Button>
        {saved && !changed && (
          <span role="status" className="text-13 text-ink-2">
            Saved
          </span>
        )}
      </div>
    </form>
  );
}
