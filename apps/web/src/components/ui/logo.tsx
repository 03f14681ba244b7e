export function Logo({ size = 20 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" aria-hidden="true">
      <path
        d="M20 10.5a2 2 0 0 1 2 2v7.6c0 .6-.7.9-1.1.5l-1.7-1.7a2 2 0 0 0-1.4-.6H11a2 2 0 0 1-2-2"
        className="stroke-ink-2"
        strokeWidth="2"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <path
        d="M2 5.5A2.5 2.5 0 0 1 4.5 3h8A2.5 2.5 0 0 1 15 5.5v5a2.5 2.5 0 0 1-2.5 2.5H6.8a2 2 0 0 0-1.4.6l-2.3 2.3c-.4.4-1.1.1-1.1-.5z"
        className="fill-accent"
      />
    </svg>
  );
}
