import { ShownOnce } from '../../components/ui/shown-once.js';
import { shownOnceId } from './shown-once-id.js';

/** What is shown only once. `of` is the id of what it belongs to. */
export interface Shown {
  of: string;
  name: string;
  label: 'Secret' | 'Address';
  value: string;
}

export function ShownCard({ shown, onDone }: { shown: Shown; onDone: () => void }) {
  const { label, name, value } = shown;
  return (
    <ShownOnce
      label={label}
      title={
        <>
          The {label.toLowerCase()} of “<bdi>{name}</bdi>”
        </>
      }
      description={descriptions[label]}
      id={shownOnceId}
      value={value}
      onDone={onDone}
    />
  );
}

const descriptions: Record<Shown['label'], string> = {
  Secret: 'Copy it now: it is shown only this once. The receiver checks by it that what comes is from here; if it is lost, make a new one.',
  Address: 'Copy it now: it is shown only this once. Whoever has it can write here; if it is lost, remove it and make another.',
};
