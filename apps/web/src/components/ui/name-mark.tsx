/** A word beside a name that says whose it is, in the look of the mark of an AI. */
export function NameMark({ says }: { says: 'imported' | 'bot' }) {
  return <span className="shrink-0 text-13 font-normal text-ink-3">{says}</span>;
}
