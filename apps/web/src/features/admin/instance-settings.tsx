import { instanceSettings, settingSecretSet, type InstanceSetting, type SettingView } from '@parley/contracts';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useClient } from '../../client/client-context.js';
import { errorMessage } from '../../client/errors.js';
import { useCall } from '../../client/use-call.js';
import { clockTime, dayName } from '../../components/time/time.js';
import { Button } from '../../components/ui/button.js';
import { CheckLine } from '../../components/ui/check-line.js';
import { Notice } from '../../components/ui/notice.js';
import { TextArea } from '../../components/ui/text-area.js';
import { TextField } from '../../components/ui/text-field.js';

const rows = instanceSettings as Record<string, InstanceSetting>;

/** The settings of the server: each a form of its own, made from the table of settings. */
export default function InstanceSettings() {
  const { trpc } = useClient();
  const list = useQuery({ queryKey: ['admin', 'settings'], queryFn: () => trpc.settings.get.query() });
  if (list.error) {
    return (
      <Notice title="The settings could not be loaded" action={<Button onClick={() => void list.refetch()}>Try again</Button>}>
        {errorMessage(list.error)}
      </Notice>
    );
  }
  if (!list.data) return <span role="status" aria-label="Loading settings" className="skeleton h-24" />;
  // A server that is newer than this page may have settings that the page does not know.
  const known = list.data.filter(({ name }) => rows[name]);
  const groups = [...new Set(known.map(({ name }) => rows[name]!.group))];
  return groups.map((group) => (
    <section key={group} aria-label={group} className="flex flex-col">
      <h3 className="border-b border-line pb-1.5 text-15 font-bold">{group}</h3>
      {known
        .filter(({ name }) => rows[name]!.group === group)
        .map((setting) => (
          <SettingForm key={`${setting.name} ${setting.changedAt} ${JSON.stringify(setting.value)}`} setting={setting} />
        ))}
    </section>
  ));
}

type Value = SettingView['value'];

function SettingForm({ setting }: { setting: SettingView }) {
  const { name, value: inForce, from, variable, changedAt, changedBy } = setting;
  const { label, does, form } = rows[name]!;
  const { trpc } = useClient();
  const queries = useQueryClient();
  const [value, setValue] = useState<Value>(inForce);
  const { busy, problem, setProblem, call } = useCall();
  const fixed = from === 'variable';
  const changed = JSON.stringify(value) !== JSON.stringify(inForce);
  const save = async (to: Value | null) => {
    if (await call(() => trpc.settings.set.mutate({ name, value: to })))
      await queries.invalidateQueries({ queryKey: ['admin', 'settings'] });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const read = form.kind === 'count' ? Number(value) : value;
    if (form.kind === 'count' && !(Number.isInteger(read) && (read as number) >= form.min && (read as number) <= form.max))
      return setProblem(`Give a whole number of ${form.unit} from ${form.min} to ${form.max}.`);
    void save(read);
  };
  return (
    <form onSubmit={submit} noValidate className="flex max-w-[600px] flex-col gap-3 border-b border-line py-5">
      <SettingField setting={setting} value={value} disabled={fixed || busy} problem={problem ?? undefined} onChange={setValue} />
      <p className="text-13 text-ink-3">
        {does}{' '}
        {fixed ? (
          <>
            The server’s variable <code className="font-mono text-12">{variable}</code> says so; take it away there to set it here.
          </>
        ) : from === 'default' ? (
          'As it is from the start.'
        ) : (
          changedAt && `Set ${changedBy ? `by @${changedBy} ` : ''}on ${dayName(changedAt, new Date())}, ${clockTime(changedAt)}.`
        )}
      </p>
      {!fixed && (changed || from === 'setting') && (
        <div className="flex gap-2">
          <Button type="submit" look="primary" disabled={busy || !changed}>
            Save {label.toLowerCase()}
          </Button>
          {from === 'setting' && (
            <Button look="quiet" disabled={busy} onClick={() => void save(null)}>
              Back to the default
            </Button>
          )}
        </div>
      )}
    </form>
  );
}

interface SettingFieldProps {
  setting: SettingView;
  value: Value;
  disabled: boolean;
  problem: string | undefined;
  onChange: (value: Value) => void;
}

function SettingField({ setting, value, disabled, problem, onChange }: SettingFieldProps) {
  const { label, form } = rows[setting.name]!;
  switch (form.kind) {
    case 'choice':
      return (
        <fieldset disabled={disabled} className="flex flex-col">
          <legend className="mb-1 text-14 font-medium">{label}</legend>
          {Object.entries(form.choices).map(([choice, means]) => (
            <label
              key={choice}
              className="flex cursor-pointer items-start gap-2.5 py-1 text-14 has-disabled:cursor-default has-disabled:text-ink-2 max-wide:py-2"
            >
              <input
                type="radio"
                name={setting.name}
                checked={value === choice}
                onChange={() => onChange(choice)}
                className="mt-[3px] size-4 shrink-0 accent-accent"
              />
              {means}
            </label>
          ))}
          <Problem text={problem} />
        </fieldset>
      );
    case 'count':
      return (
        <TextField
          label={`${label}, in ${form.unit}`}
          inputMode="numeric"
          value={String(value)}
          disabled={disabled}
          error={problem}
          onChange={(event) => onChange(event.target.value)}
          className="max-w-[320px]"
        />
      );
    case 'text':
      return (
        <TextArea
          label={label}
          value={String(value)}
          maxLength={form.maxLength}
          disabled={disabled}
          error={problem}
          onChange={(event) => onChange(event.target.value)}
        />
      );
    case 'url':
      return (
        <TextField
          label={label}
          inputMode="url"
          dir="ltr"
          placeholder="https://"
          spellCheck={false}
          value={String(value)}
          maxLength={form.maxLength}
          disabled={disabled}
          error={problem}
          onChange={(event) => onChange(event.target.value.trim())}
        />
      );
    case 'secret':
      return (
        <TextField
          label={label}
          type="password"
          dir="ltr"
          autoComplete="off"
          placeholder={setting.value === '' ? 'whsec_…' : settingSecretSet}
          value={value === settingSecretSet ? '' : String(value)}
          maxLength={form.maxLength}
          disabled={disabled}
          error={problem}
          // Whoever clears the field again has not changed the secret that is set.
          onChange={(event) => onChange(event.target.value.trim() || setting.value)}
        />
      );
    case 'lines':
      return (
        <TextArea
          label={`${label}, one a line`}
          value={(value as string[]).join('\n')}
          disabled={disabled}
          error={problem}
          onChange={(event) => onChange(event.target.value.split('\n'))}
        />
      );
    case 'flag':
      return (
        <fieldset disabled={disabled}>
          <CheckLine checked={value === true} onChange={onChange} errorId={undefined}>
            {label}
          </CheckLine>
          <Problem text={problem} />
        </fieldset>
      );
    case 'rooms':
      return <RoomsField label={label} chosen={value as string[]} disabled={disabled} problem={problem} onChange={onChange} />;
  }
}

function Problem({ text }: { text: string | undefined }) {
  return (
    text && (
      <p role="alert" className="mt-1.5 text-13 text-danger">
        {text}
      </p>
    )
  );
}

interface RoomsFieldProps {
  label: string;
  chosen: readonly string[];
  disabled: boolean;
  problem: string | undefined;
  onChange: (rooms: string[]) => void;
}

/** A choice among the public rooms. */
function RoomsField({ label, chosen, disabled, problem, onChange }: RoomsFieldProps) {
  const { trpc } = useClient();
  const { data } = useQuery({ queryKey: ['admin', 'public rooms'], queryFn: () => trpc.rooms.browse.query() });
  const gone = chosen.filter((id) => data && !data.some((room) => room.id === id));
  return (
    <fieldset disabled={disabled}>
      <legend className="mb-1 text-14 font-medium">{label}</legend>
      <div className="max-h-60 overflow-y-auto rounded-control border border-line px-3 py-1.5">
        {data?.map((room) => (
          <CheckLine
            key={room.id}
            checked={chosen.includes(room.id)}
            onChange={(on) => onChange(on ? [...chosen, room.id] : chosen.filter((id) => id !== room.id))}
            errorId={undefined}
          >
            <bdi>{room.name}</bdi>
          </CheckLine>
        ))}
        {gone.map((id) => (
          <CheckLine key={id} checked onChange={() => onChange(chosen.filter((each) => each !== id))} errorId={undefined}>
            A room that is not public any more
          </CheckLine>
        ))}
      </div>
      <Problem text={problem} />
    </fieldset>
  );
}
