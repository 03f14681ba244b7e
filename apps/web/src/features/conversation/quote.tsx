import type { MessageView } from '@parley/contracts';
import { Suspense } from 'react';
import { part } from '../../components/ui/part.js';

const QuoteLine = part(() => import('./quote-line.js'));

/** Reserves the line of a quote while its code is loaded. */
export function Quote(props: { messageId: string; quoted: MessageView | undefined }) {
  return (
    <Suspense fallback={<div className="mb-0.5 h-[19px]" />}>
      <QuoteLine {...props} />
    </Suspense>
  );
}
