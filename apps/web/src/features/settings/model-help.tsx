const code = 'rounded-chip border border-line bg-code px-1 font-mono text-13 wrap-anywhere';

/** For admins: which variables connect a language model. Nobody else can act on them. */
export function ModelHelp() {
  return (
    <p className="text-14 text-ink-2">
      Without one, Ada answers by the built-in model, which only finds and quotes what was said. To connect one, set{' '}
      <code className={code}>OPENAI_API_KEY</code>, <code className={code}>ANTHROPIC_API_KEY</code> or{' '}
      <code className={code}>GOOGLE_GENERATIVE_AI_API_KEY</code> where the server runs, or <code className={code}>OPENAI_BASE_URL</code>{' '}
      with <code className={code}>DEFAULT_MODEL</code> for a server of your own, and start it again.
    </p>
  );
}
