import { microsPerDollar, type BudgetCap } from '@parley/contracts';

const wholeNumber = new Intl.NumberFormat('en');
const month = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'long', timeZone: 'UTC' });

/**
 * Says which limit a call would pass, and when it resets, as a sentence or two.
 *
 * @param payer whether the reader pays, or somebody else, whose use is nobody's business
 * @param needs what the call may use at most, in the cap's unit; null where that is not known
 */
export function budgetWords(cap: BudgetCap, payer: 'reader' | 'other', needs: number | null): string {
  const of = subjectOf(cap, payer);
  const when = cap.span === 'day' ? 'today' : 'this month';
  const now = new Date();
  const first = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1));
  const back = cap.span === 'day' ? 'at midnight UTC' : `on ${month.format(first)} (UTC)`;
  const [verb, they, return_] = cap.unit === 'tokens' ? ['are', 'They', 'come'] : ['is', 'It', 'comes'];
  const left = cap.limit - cap.used;
  if (needs === null || left <= 0 || (cap.scope === 'person' && payer === 'other')) {
    const up = left <= 0 ? 'used up' : 'not enough';
    return `${of} for ${when} ${verb} ${up}. ${they} ${return_} back ${back}.`;
  }
  const [leftWords, needsWords] = [inUnit(cap, left), inUnit(cap, needs)];
  return `${of} for ${when} ${verb} nearly used up: ${leftWords} of ${inUnit(cap, cap.limit)} ${verb} left, and this answer may take ${needsWords}. ${they} ${return_} back ${back}.`;
}

function subjectOf({ scope, unit }: BudgetCap, payer: 'reader' | 'other'): string {
  const what = unit === 'tokens' ? 'AI tokens' : 'AI money';
  switch (scope) {
    case 'person':
      if (payer === 'reader') return `Your ${what}`;
      return unit === 'tokens' ? 'The AI tokens that pay for this reply' : 'The AI money that pays for this reply';
    case 'summaries':
      return unit === 'tokens' ? 'The AI tokens for summaries of this room' : 'The AI money for summaries of this room';
    case 'room':
      return `This room’s ${what}`;
    case 'character':
      return `This character’s ${what}`;
    case 'instance':
      return `This server’s ${what}`;
  }
}

function inUnit({ unit }: BudgetCap, amount: number): string {
  return unit === 'tokens' ? wholeNumber.format(amount) : dollars(amount);
}

const cents = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD' });
const partsOfCents = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD', maximumFractionDigits: 6 });

/** An amount with its cents, and with more where it is less than a cent. */
function dollars(micros: number): string {
  const amount = micros / microsPerDollar;
  return (amount > 0 && amount < 0.01 ? partsOfCents : cents).format(amount);
}
