import { useId, type ReactNode } from 'react';

interface CheckLineProps {
  checked: boolean;
  onChange: (checked: boolean) => void;
  /** Id of what says what is wrong with the choice; undefined while nothing is. */
  errorId: string | undefined;
  /** What is chosen by it, in a sentence. */
  means?: string;
  /** Its name. */
  children: ReactNode;
}

/** One thing that is chosen or not, with its name and what it means beside the box. */
export function CheckLine({ checked, onChange, errorId, means, children }: CheckLineProps) {
  const id = useId();
  return (
    <label className="flex cursor-pointer items-start gap-2.5 rounded-chip py-1 text-14 max-wide:py-2">
      <input
        type="checkbox"
        checked={checked}
        onChange={(event) => onChange(event.target.checked)}
        aria-labelledby={`${id}-name`}
        aria-invalid={errorId ? true : undefined}
        aria-describedby={[errorId, means && `${id}-means`].filter(Boolean).join(' ') || undefined}
        className="mt-[3px] size-4 shrink-0 accent-accent"
      />
      <span className="min-w-0 flex-1 wrap-anywhere">
        <span id={`${id}-name`} className="block">
          {children}
        </span>
        {means && (
          <span id={`${id}-means`} className="block text-13 text-ink-2">
            {means}
          </span>
        )}
      </span>
    </label>
  );
}
