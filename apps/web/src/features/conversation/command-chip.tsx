export function CommandChip({ children }: { children: string }) {
  return (
    <code dir="auto" className="rounded-chip wrap-anywhere bg-accent-soft px-[7px] py-0.5 font-mono text-13 text-accent">
      {children}
    </code>
  );
}
