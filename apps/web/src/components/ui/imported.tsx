/** Says beside an author's name that a file named them, so that nobody takes them for someone of this server. */
export default function Imported() {
  return <span className="shrink-0 text-13 font-normal text-ink-3">imported</span>;
}
