import {
  maxRetentionDays,
  maxRoomNameLength,
  maxTopicLength,
  type ReplyControl,
  type RoomsRetentionOutput,
  type RoomView,
} from '@parley/contracts';
import { Link, useRouter } from '@tanstack/react-router';
import { Archive, ArchiveRestore, ChartColumn, Download, LogOut, Pause, Play, Webhook } from 'lucide-react';
import { useState, type FormEvent, type ReactNode } from 'react';
import { useClient, useInbox, useRoomState } from '../../client/client-context.js';
import { downloadFile } from '../../client/files.js';
import type { RoomSession } from '../../client/types.js';
import { roomFacts, useMay } from '../../client/use-may.js';
import { useCall } from '../../client/use-call.js';
import { daysText, useRetention } from '../../client/use-retention.js';
import { Button } from '../../components/ui/button.js';
import { ChoiceCards } from '../../components/ui/choice-cards.js';
import { Dialog } from '../../components/ui/dialog.js';
import { icon } from '../../components/ui/icon.js';
import { Switch } from '../../components/ui/switch.js';
import { TextField } from '../../components/ui/text-field.js';
import { visibilities } from './visibilities.js';

const replyControls = [
  { value: 'asker', label: 'Asker and moderators', means: 'An answer is whose question it was.' },
  { value: 'anyone', label: 'Everyone here', means: 'Any member, at their own cost.' },
] as const;

interface RoomSettingsProps {
  session: RoomSession;
  room: RoomView;
  onClose: () => void;
  onLeft: () => void;
}

/** The settings of a room: the user's own and, as far as the role allows, those for everyone. */
export default function RoomSettings({ session, room, onClose, onLeft }: RoomSettingsProps) {
  const { mine } = useRoomState(session);
  const may = useMay(roomFacts(room, mine?.role ?? 'member'));
  const direct = room.visibility === 'direct';
  return (
    <Dialog
      open
      onClose={onClose}
      title={
        <>
          {direct ? 'Conversation with ' : 'Settings of '}
          <bdi>{direct ? (mine?.direct?.name ?? 'someone') : room.name}</bdi>
        </>
      }
    >
      {may('rooms.update') && (
        <RoomForm
          room={room}
          mayChangeVisibility={may('rooms.update', { aspect: 'visibility' })}
          mayKeep={may('rooms.update', { aspect: 'retention' })}
          onSaved={onClose}
        />
      )}
      <ul className="mt-4 -mb-2 divide-y divide-line border-t border-line">
        <MuteLine session={session} />
        <KeptLine room={room} />
        <ExportLine room={room} />
        {may('webhooks.list') && <HooksLine room={room} />}
        {may('rooms.pauseAi') && <PauseLine room={room} />}
        {may('usage.room') && <UsageLine room={room} />}
        {may('rooms.archive') && <ArchiveLine room={room} />}
        {may('rooms.leave') && <LeaveLine room={room} onLeft={onLeft} />}
      </ul>
    </Dialog>
  );
}

interface RoomFormProps {
  room: RoomView;
  mayChangeVisibility: boolean;
  mayKeep: boolean;
  onSaved: () => void;
}

/** What owners may choose, once the server has said it. */
function keptHint(retention: RoomsRetentionOutput | null): string {
  if (!retention) return 'Empty: for as long as the server keeps them.';
  const { serverDays, leastDays } = retention;
  const from = leastDays > 1 ? `At least ${leastDays}. ` : '';
  return `${from}Empty: ${serverDays === null ? 'until somebody deletes them' : `${daysText(serverDays)}, as everywhere on this server`}.`;
}

function RoomForm({ room, mayChangeVisibility, mayKeep, onSaved }: RoomFormProps) {
  const { trpc } = useClient();
  const { busy, problem, field, call } = useCall();
  const [name, setName] = useState(room.name);
  const [topic, setTopic] = useState(room.topic);
  const [visibility, setVisibility] = useState<'public' | 'private'>(room.visibility === 'private' ? 'private' : 'public');
  const [replyControl, setReplyControl] = useState<ReplyControl>(room.replyControl ?? 'asker');
  const retention = useRetention(room.id, room.retentionDays);
  const [days, setDays] = useState(String(room.retentionDays ?? ''));
  const wanted = days.trim() === '' ? null : Number(days);
  const wrong =
    mayKeep && wanted !== null && !(Number.isInteger(wanted) && wanted >= 1 && wanted <= maxRetentionDays)
      ? 'Give a whole number of days.'
      : undefined;
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === '' || wrong) return;
    const saved = await call(() =>
      trpc.rooms.update.mutate({
        roomId: room.id,
        ...(name.trim() === room.name ? {} : { name: name.trim() }),
        ...(topic.trim() === room.topic ? {} : { topic: topic.trim() }),
        ...(visibility === room.visibility ? {} : { visibility }),
        ...(replyControl === (room.replyControl ?? 'asker') ? {} : { replyControl }),
        ...(!mayKeep || wanted === (room.retentionDays ?? null) ? {} : { retentionDays: wanted }),
      }),
    );
    if (saved) onSaved();
  };
  return (
    <form onSubmit={(event) => void save(event)} noValidate className="mt-4 flex flex-col gap-4">
      <TextField
        label="Name"
        maxLength={maxRoomNameLength}
        value={name}
        onChange={(event) => setName(event.target.value)}
        error={name.trim() === '' ? 'Give the room a name.' : undefined}
      />
      <TextField label="Topic" maxLength={maxTopicLength} value={topic} onChange={(event) => setTopic(event.target.value)} />
      {mayChangeVisibility && (
        <ChoiceCards legend="Who can join" name="visibility" choices={visibilities} value={visibility} onChange={setVisibility} />
      )}
      <ChoiceCards
        legend="Who may stop answers and have them written again"
        name="replyControl"
        choices={replyControls}
        value={replyControl}
        onChange={setReplyControl}
      />
      {mayKeep && (
        <TextField
          label="Days that messages are kept"
          inputMode="numeric"
          className="[&_input]:max-w-28"
          placeholder={retention?.serverDays ? String(retention.serverDays) : 'All'}
          value={days}
          onChange={(event) => setDays(event.target.value)}
          hint={keptHint(retention)}
          error={wrong ?? (field === 'retentionDays' ? (problem ?? undefined) : undefined)}
        />
      )}
      {problem && field !== 'retentionDays' && (
        <p role="alert" className="text-14 text-danger">
          {problem}
        </p>
      )}
      <Button look="primary" type="submit" disabled={busy} className="self-end">
        {busy ? 'Saving…' : 'Save'}
      </Button>
    </form>
  );
}

interface LineProps {
  title: string;
  means: string;
  problem: string | null;
  children: ReactNode;
}

function Line({ title, means, problem, children }: LineProps) {
  return (
    <li className="flex items-center gap-4 py-3">
      <div className="min-w-0 flex-1">
        <p className="text-14 font-medium">{title}</p>
        <p className="text-13 text-ink-2">{means}</p>
        {problem && (
          <p role="alert" className="text-13 text-danger">
            {problem}
          </p>
        )}
      </div>
      {children}
    </li>
  );
}

function MuteLine({ session }: { session: RoomSession }) {
  const { trpc } = useClient();
  // Events of the room are the same for everyone; what is the user's own comes by the inbox.
  const known = useInbox().rooms?.find(({ room }) => room.id === session.roomId)?.mine.muted ?? false;
  const { problem, call } = useCall();
  const [muted, setMuted] = useState(known);
  const change = async (next: boolean) => {
    setMuted(next);
    if (!(await call(() => trpc.rooms.setMute.mutate({ roomId: session.roomId, muted: next })))) setMuted(!next);
  };
  return (
    <Line title="Mute" means="It stays in your list, without its count." problem={problem}>
      <Switch label="Mute" checked={muted} onChange={(next) => void change(next)} />
    </Line>
  );
}

/** For how long messages are kept here, for everyone to know. */
function KeptLine({ room }: { room: RoomView }) {
  const retention = useRetention(room.id, room.retentionDays);
  if (!retention) return null;
  const { days, serverDays } = retention;
  const means =
    days === null
      ? 'They are kept until somebody deletes them.'
      : `They are removed once they are older than ${daysText(days)}${days === serverDays ? ', as everywhere on this server' : ''}.`;
  return (
    <Line title="Messages" means={means} problem={null}>
      {null}
    </Line>
  );
}

function ExportLine({ room }: { room: RoomView }) {
  const client = useClient();
  const { busy, problem, call } = useCall();
  return (
    <Line title="Export" means="Everything said here, as a file of JSON lines." problem={problem}>
      <Button
        disabled={busy}
        onClick={() => void call(() => downloadFile(client, `/api/rooms/${room.id}/export`, `${room.name || 'conversation'}.jsonl`))}
      >
        <Download {...icon} />
        {busy ? 'Exporting…' : 'Export'}
      </Button>
    </Line>
  );
}

function HooksLine({ room: { id: roomId } }: { room: RoomView }) {
  return (
    <Line title="Webhooks" means="What happens here is sent to programs, and programs write here." problem={null}>
      <Link
        to="/rooms/$roomId/hooks"
        params={{ roomId }}
        className="inline-flex h-[30px] shrink-0 items-center gap-2 rounded-control border border-line-strong bg-surface px-3 text-14 font-medium hover:bg-hover"
      >
        <Webhook {...icon} />
        Webhooks
      </Link>
    </Line>
  );
}

function PauseLine({ room }: { room: RoomView }) {
  const { trpc } = useClient();
  const { busy, problem, call } = useCall();
  const paused = room.aiPausedAt !== undefined;
  const Icon = paused ? Play : Pause;
  return (
    <Line
      title={paused ? 'AI is paused' : 'Pause AI'}
      means={
        paused ? 'No character answers, and no model is asked.' : 'What is being written stops, and nobody answers until it is resumed.'
      }
      problem={problem}
    >
      <Button disabled={busy} onClick={() => void call(() => trpc.rooms.pauseAi.mutate({ roomId: room.id, paused: !paused }))}>
        <Icon {...icon} />
        {paused ? 'Resume AI' : 'Pause AI'}
      </Button>
    </Line>
  );
}

function UsageLine({ room: { id } }: { room: RoomView }) {
  return (
    <Line title="AI usage" means="What language models used here, and the limits of it." problem={null}>
      <Link
        to="/usage/$of"
        params={{ of: `room-${id}` }}
        className="inline-flex h-[30px] shrink-0 items-center gap-2 rounded-control border border-line-strong bg-surface px-3 text-14 font-medium hover:bg-hover"
      >
        <ChartColumn {...icon} />
        Usage
      </Link>
    </Line>
  );
}

function ArchiveLine({ room }: { room: RoomView }) {
  const { trpc } = useClient();
  const { busy, problem, call } = useCall();
  const archived = room.archivedAt !== null;
  const Icon = archived ? ArchiveRestore : Archive;
  return (
    <Line
      title={archived ? 'Archived' : 'Archive'}
      means={archived ? 'It can be read, and nothing is added to it.' : 'It can still be read, and opened again.'}
      problem={problem}
    >
      <Button disabled={busy} onClick={() => void call(() => trpc.rooms.archive.mutate({ roomId: room.id, archived: !archived }))}>
        <Icon {...icon} />
        {archived ? 'Open again' : 'Archive room'}
      </Button>
    </Line>
  );
}

function LeaveLine({ room, onLeft }: { room: RoomView; onLeft: () => void }) {
  const { trpc } = useClient();
  const { busy, problem, call } = useCall();
  const { history } = useRouter();
  const leave = async () => {
    const from = history.location;
    const left = await call(() => trpc.rooms.leave.mutate({ roomId: room.id }));
    // The answer may come after the user has gone elsewhere: do not take them away from there.
    if (left && history.location === from) onLeft();
  };
  return (
    <Line
      title="Leave"
      means={room.visibility === 'private' ? 'Someone inside has to bring you back.' : 'You can join again at any time.'}
      problem={problem}
    >
      <Button look="danger" disabled={busy} onClick={() => void leave()}>
        <LogOut {...icon} />
        {busy ? 'Leaving…' : 'Leave room'}
      </Button>
    </Line>
  );
}
