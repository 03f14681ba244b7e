import { maxReportNoteLength, type MessageView, type ReportReason } from '@parley/contracts';
import { useState } from 'react';
import { useClient } from '../../client/client-context.js';
import { CheckLine } from '../../components/ui/check-line.js';
import { ChoiceCards } from '../../components/ui/choice-cards.js';
import { FormDialog } from '../../components/ui/form-dialog.js';
import { TextArea } from '../../components/ui/text-area.js';
import { reportReasonTexts } from '../../components/moderation/report-texts.js';

interface ReportDialogProps {
  message: MessageView;
  /** Nobody moderates a one-to-one room: its reports go to the admins. */
  direct: boolean;
  onClose: () => void;
}

/** Tells those who look after the room of a message. */
export function ReportDialog({ message, direct, onClose }: ReportDialogProps) {
  const { trpc } = useClient();
  const [reason, setReason] = useState<ReportReason>('spam');
  const [note, setNote] = useState('');
  const [toAdmins, setToAdmins] = useState(false);
  return (
    <FormDialog
      title="Report this message"
      description={`${direct ? 'The admins of this server' : 'The moderators of this room'} see it as it is now, and who reported it. Nobody else is told.`}
      submit="Report"
      missing={{ note: false }}
      onSubmit={() => trpc.reports.create.mutate({ messageId: message.id, reason, note, toAdmins })}
      onClose={onClose}
    >
      {(problemAt) => (
        <>
          <ChoiceCards legend="What is wrong with it" name="reason" choices={reportReasonTexts} value={reason} onChange={setReason} />
          <TextArea
            label="Anything they should know"
            maxLength={maxReportNoteLength}
            value={note}
            onChange={(event) => setNote(event.target.value)}
            error={problemAt('note')}
          />
          {!direct && (
            <CheckLine
              checked={toAdmins}
              onChange={setToAdmins}
              errorId={undefined}
              means="Where it is about a moderator, for example. Admins see reports of public rooms anyway."
            >
              Show it to the admins of this server too
            </CheckLine>
          )}
        </>
      )}
    </FormDialog>
  );
}
