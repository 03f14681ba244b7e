import type { MessageView, ReplyVersion } from '@parley/contracts';
import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useClient } from '../../client/client-context.js';
import { IconButton } from '../../components/ui/button.js';
import { icon } from '../../components/ui/icon.js';

interface ReplyVersionsProps {
  message: MessageView;
  /** The earlier version being shown; null for the current text. */
  shown: ReplyVersion | null;
  onShow: (version: ReplyVersion | null) => void;
}

const button = 'size-6 max-wide:size-10';

/** `‹ 2/3 ›`: switches between the texts of a regenerated reply. Shows nothing if there is only one. */
export default function ReplyVersions({ message, shown, onShow }: ReplyVersionsProps) {
  const { trpc } = useClient();
  const { id, attempt } = message;
  const [versions, setVersions] = useState<ReplyVersion[]>([]);
  useEffect(() => {
    let wanted = true;
    trpc.replies.versions.query({ messageId: id }).then(
      (found) => wanted && setVersions(found.filter((version) => version.attempt < attempt)),
      // If the versions cannot be loaded the current text is shown without them.
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [trpc, id, attempt]);
  if (versions.length === 0) return null;
  const count = versions.length + 1;
  const at = shown ? versions.findIndex((version) => version.attempt === shown.attempt) : versions.length;
  const go = (index: number) => onShow(versions[index] ?? null);
  return (
    <span role="group" aria-label="Versions" className="flex items-center text-13 text-ink-3 tabular-nums">
      <IconButton label="Earlier version" className={button} disabled={at === 0} onClick={() => go(at - 1)}>
        <ChevronLeft {...icon} size={14} />
      </IconButton>
      <span aria-live="polite">
        {at + 1}/{count}
      </span>
      <IconButton label="Later version" className={button} disabled={at === count - 1} onClick={() => go(at + 1)}>
        <ChevronRight {...icon} size={14} />
      </IconButton>
    </span>
  );
}
