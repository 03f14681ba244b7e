import type { ReportReason } from '@parley/contracts';

/** Why a message is reported, for whoever reports it and whoever reads that. */
export const reportReasonTexts = [
  { value: 'spam', label: 'Spam', means: 'Advertising, or the same again and again.' },
  { value: 'harassment', label: 'Harassment', means: 'It attacks or threatens somebody.' },
  { value: 'hate', label: 'Hate', means: 'It degrades people for what they are.' },
  { value: 'sexual', label: 'Sexual', means: 'It does not belong here.' },
  { value: 'violence', label: 'Violence', means: 'It shows or asks for it.' },
  { value: 'private', label: 'Private', means: 'It tells what others may not know.' },
  { value: 'other', label: 'Something else', means: 'Say below what it is.' },
] as const satisfies readonly { value: ReportReason; label: string; means: string }[];
