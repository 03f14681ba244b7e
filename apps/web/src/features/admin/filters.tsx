import { useId } from 'react';
import { TextField } from '../../components/ui/text-field.js';

interface FiltersProps<Choice extends string> {
  /** The name of the field that finds rows. */
  find: string;
  placeholder: string;
  query: string;
  onQuery: (query: string) => void;
  choices: Readonly<Record<Choice, string>>;
  choice: Choice;
  onChoice: (choice: Choice) => void;
}

/** What a list shows: those that are found, and which kind of them. */
export function Filters<Choice extends string>({ find, placeholder, query, onQuery, choices, choice, onChoice }: FiltersProps<Choice>) {
  const id = useId();
  return (
    <div className="flex flex-wrap items-end gap-3">
      <TextField
        label={find}
        type="search"
        placeholder={placeholder}
        autoComplete="off"
        spellCheck={false}
        value={query}
        onChange={(event) => onQuery(event.target.value)}
        className="w-64 max-wide:w-full"
      />
      <div className="max-wide:w-full">
        <label htmlFor={id} className="mb-1.5 block text-13 font-medium text-ink-2">
          Show
        </label>
        <select
          id={id}
          value={choice}
          onChange={(event) => onChoice(event.target.value as Choice)}
          className="h-10 max-w-60 rounded-control border border-line-strong bg-surface px-3 text-14 text-ink outline-none focus:border-accent focus:ring-1 focus:ring-accent max-wide:w-full max-wide:max-w-none max-wide:text-16"
        >
          {Object.entries<string>(choices).map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
      </div>
    </div>
  );
}
