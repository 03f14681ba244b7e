import { Suspense, useEffect, useState, type ReactNode } from 'react';
import { part } from '../ui/part.js';

const CopyButton = part(() => import('./copy-button.js'));

/** Longer code is not coloured: colouring it would block the page. In characters. */
const maxHighlighted = 10_000;

/** Code with a longer line is not coloured either: some rules take time by the square of a line. In characters. */
const maxLine = 1_000;

export function CodeBlock({ text, language, caret }: { text: string; language: string; caret: ReactNode }) {
  const name = /^[\w+#-]*/.exec(language)![0].toLowerCase();
  const coloured = useHighlighted(text, caret ? '' : name);
  return (
    <div className="group/code relative">
      <pre tabIndex={0} role="group" aria-label={name ? `Code, ${name}` : 'Code'}>
        <code>
          {coloured ?? text}
          {caret}
        </code>
      </pre>
      {!caret && (
        <Suspense>
          <CopyButton text={text} />
        </Suspense>
      )}
    </div>
  );
}

/** Colours are added after the text is shown, by code that is loaded then, and never while the text is still growing. */
function useHighlighted(text: string, language: string): ReactNode {
  const [done, setDone] = useState<{ text: string; language: string; nodes: ReactNode } | null>(null);
  useEffect(() => {
    if (language === '' || text.length > maxHighlighted || text.split('\n').some((line) => line.length > maxLine)) return;
    let wanted = true;
    const timer = setTimeout(() => {
      import('./highlight.js')
        .then(({ highlight }) => wanted && setDone({ text, language, nodes: highlight(text, language) }))
        // Without the colours the code is complete all the same.
        .catch(() => undefined);
    });
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [text, language]);
  return done?.text === text && done.language === language ? done.nodes : null;
}
