import type { KeyScope } from '@parley/contracts';
import { useId } from 'react';
import { Button } from '../../components/ui/button.js';
import { CheckLine } from '../../components/ui/check-line.js';
import { scopeGroups, scopeTexts } from './scope-texts.js';

interface ScopeChoiceProps {
  /** Whether to offer what only admins may do. */
  admin: boolean;
  chosen: readonly KeyScope[];
  onChange: (chosen: readonly KeyScope[]) => void;
  error: string | undefined;
}

/** What a key may do: one box for each scope, and several at once for what most keys need. */
export function ScopeChoice({ admin, chosen, onChange, error }: ScopeChoiceProps) {
  const id = useId();
  const groups = scopeGroups.map(({ title, scopes }) => ({ title, scopes: scopes.filter((scope) => admin || scope !== 'users:admin') }));
  const all = groups.flatMap(({ scopes }) => scopes);
  const presets = [
    { label: 'Reading', scopes: all.filter((scope) => scope.endsWith(':read')) },
    { label: 'Reading and writing messages', scopes: all.filter((scope) => scope.endsWith(':read') || scope === 'messages:write') },
    { label: 'All', scopes: all },
  ];
  return (
    <fieldset>
      <legend className="mb-1.5 text-13 font-medium text-ink-2">What it may do</legend>
      <div className="mb-2 flex flex-wrap gap-2 max-wide:gap-y-4">
        {presets.map(({ label, scopes }) => (
          <Button key={label} size="small" onClick={() => onChange(scopes)}>
            {label}
          </Button>
        ))}
      </div>
      <div aria-live="polite">
        {error && (
          <p id={id} className="mb-1.5 text-13 text-danger">
            {error}
          </p>
        )}
      </div>
      {groups.map(({ title, scopes }) => (
        <div key={title} role="group" aria-label={title} className="mt-2">
          <p aria-hidden="true" className="text-12 font-medium text-ink-3">
            {title}
          </p>
          {scopes.map((scope) => (
            <CheckLine
              key={scope}
              checked={chosen.includes(scope)}
              onChange={(on) => onChange(all.filter((each) => (each === scope ? on : chosen.includes(each))))}
              errorId={error && id}
              means={scopeTexts[scope].means}
            >
              {scopeTexts[scope].label}
            </CheckLine>
          ))}
        </div>
      ))}
    </fieldset>
  );
}
