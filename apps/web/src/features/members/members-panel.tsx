import { isBot, maxMembersPerPage, type AccountView, type AutoReply, type RoomRole, type RoomView } from '@parley/contracts';
import { Flag, NotebookPen, Pin, Settings2, UserPlus, X } from 'lucide-react';
import { Suspense, useEffect, useRef, useState, type ReactNode } from 'react';
import { useConnection, useInbox, useRoomState } from '../../client/client-context.js';
import type { RoomSession } from '../../client/types.js';
import { roomFacts, useMay } from '../../client/use-may.js';
import { useMedia, wideScreen } from '../../client/use-media.js';
import { Avatar } from '../../components/ui/avatar.js';
import { IconButton } from '../../components/ui/button.js';
import { cx } from '../../components/ui/class-names.js';
import { icon } from '../../components/ui/icon.js';
import { part } from '../../components/ui/part.js';
import { Summon } from '../../components/ui/summon.js';
import { MoreMembers } from './more-members.js';
import type { Row } from './row-menu.js';
import { useSheet } from '../../components/ui/use-sheet.js';

const AddDialog = part(() => import('./add-dialog.js'));
const Notes = part(() => import('./notes.js'));
const Reports = part(() => import('./reports.js'));
const Pins = part(() => import('./pins.js'));
const RowMenu = part(() => import('./row-menu.js'));

interface MembersPanelProps {
  session: RoomSession;
  room: RoomView;
  me: AccountView;
  /** Not to be seen, while a dialog that was opened from it may be. */
  away: boolean;
  onClose: () => void;
  onSettings: () => void;
}

/** What is shown beside a name; nothing for plain members. */
const ranks: Record<RoomRole, string | null> = { owner: 'owner', moderator: 'moderator', member: null };

/** When a character answers, beside its name. */
const habits: Record<AutoReply, string> = {
  mention: 'when mentioned',
  always: 'always answers',
  turn: 'answers in turn',
  ambient: 'with something to say',
};

const line = 'flex h-[30px] items-center gap-2.5 text-left text-14 max-wide:h-11';

/** Who is in the room: beside it on a wide screen, over it on a narrow one. */
export default function MembersPanel({ session, room, me, away, onClose, onSettings }: MembersPanelProps) {
  const { members, hasMoreMembers, characters, online, onlineCount, mine, room: loaded } = useRoomState(session);
  // The page knows about its own connection before the server tells everyone.
  const connected = useConnection().kind === 'connected';
  const isOnline = (userId: string) => (userId === me.id ? connected : online.includes(userId));
  // Of many, those who are there now come first, and below them nothing else, which nobody could scroll to. Fewer stay where they are.
  const isLarge = room.memberCount > maxMembersPerPage;
  const shown = isLarge ? members.toSorted((a, b) => +isOnline(b.user.id) - +isOnline(a.user.id)) : members;
  const [open, setOpen] = useState<{ row: Row; anchor: HTMLElement } | null>(null);
  const [adding, setAdding] = useState(false);
  const [notes, setNotes] = useState(false);
  const [noting, setNoting] = useState(false);
  const [pins, setPins] = useState(false);
  const [reporting, setReporting] = useState(false);
  const reports = useInbox().rooms?.find(({ room: listed }) => listed.id === room.id)?.mine.reports ?? 0;
  const isSheet = !useMedia(wideScreen) && !away;
  const sheet = useRef<HTMLDivElement>(null);
  useSheet(sheet, isSheet, onClose);
  useEscapeWhileOver(onClose, open !== null || adding || noting || away);
  const role = mine?.role ?? 'member';
  const may = useMay(roomFacts(room, role));
  const mayAdd = may('rooms.addMember');
  const mayReports = may('reports.list');
  const people = (
    <>
      <SectionTitle>
        {/* Nothing is known of a room that is not loaded, and nobody counts as none. */}
        {!loaded ? 'People' : loaded.memberCount === 1 ? '1 person' : `${loaded.memberCount} people`}
        {online.length === 0 && onlineCount > 1 && ` · ${onlineCount} online`}
      </SectionTitle>
      {!loaded && <span role="status" aria-label="Loading people" className="skeleton my-2 block h-3.5 w-40" />}
      <ul className="flex flex-col">
        {shown.map((member) => {
          const { user } = member;
          const marks = [isBot(user) && 'bot', ranks[member.role]].filter(Boolean).join(' · ');
          return (
            <li key={user.id}>
              <RowButton
                still={user.id === me.id || room.visibility === 'direct'}
                open={open?.row.kind === 'member' && open.row.member.user.id === user.id}
                onOpen={(anchor) => setOpen({ row: { kind: 'member', member }, anchor })}
              >
                <Avatar name={user.displayName} avatar={user.avatar} kind="person" size="small" online={isOnline(user.id)} />
                <span dir="auto" className="truncate">
                  {user.displayName}
                </span>
                {isOnline(user.id) && <span className="sr-only">, online</span>}
                {marks && <span className="ml-auto pl-2 text-12 whitespace-nowrap text-ink-3">{marks}</span>}
              </RowButton>
            </li>
          );
        })}
      </ul>
      {hasMoreMembers && <MoreMembers session={session} />}
    </>
  );
  return (
    <aside
      aria-label="About this room"
      className={cx(
        'w-76 shrink-0 flex-col border-l border-line bg-background max-panel:absolute max-panel:inset-y-0 max-panel:right-0 max-panel:z-10 max-panel:w-[min(304px,100%)] max-panel:animate-[slide-in_160ms_ease-out] max-panel:shadow-float max-wide:w-full',
        away ? 'hidden' : 'flex',
      )}
    >
      <div
        ref={sheet}
        {...(isSheet && { role: 'dialog', 'aria-modal': true, 'aria-label': 'About this room', tabIndex: -1 })}
        className="flex min-h-0 flex-1 flex-col outline-none"
      >
        <div className="flex h-14 shrink-0 items-center gap-0.5 pr-3 pl-4">
          <h2 className="mr-auto text-15 font-bold">In this room</h2>
          {mayAdd && (
            <IconButton label="Add people and characters" className="max-wide:size-10" onClick={() => setAdding(true)}>
              <UserPlus {...icon} />
            </IconButton>
          )}
          <IconButton label="Room settings" className="max-wide:size-10" onClick={onSettings}>
            <Settings2 {...icon} />
          </IconButton>
          <IconButton label="Close" className="max-wide:size-10" onClick={onClose}>
            <X {...icon} />
          </IconButton>
        </div>
        <div className="min-h-0 flex-1 overflow-y-auto px-4 pb-4">
          {room.topic && (
            <p dir="auto" className="mb-4 text-14 wrap-anywhere text-ink-2 wide:hidden">
              {room.topic}
            </p>
          )}
          {!isLarge && people}
          {characters.length > 0 && (
            <>
              <SectionTitle>Characters</SectionTitle>
              <ul className="flex flex-col">
                {characters.map((entry) => (
                  <li key={entry.character.id}>
                    <RowButton
                      still={room.visibility === 'direct'}
                      open={open?.row.kind === 'character' && open.row.entry.character.id === entry.character.id}
                      onOpen={(anchor) => setOpen({ row: { kind: 'character', entry }, anchor })}
                    >
                      <Avatar name={entry.character.name} avatar={entry.character.avatar} kind="character" size="small" />
                      <span dir="auto" className="truncate">
                        {entry.character.name}
                      </span>
                      <span className="ml-auto pl-2 text-12 whitespace-nowrap text-ink-3">AI · {habits[entry.autoReply]}</span>
                    </RowButton>
                  </li>
                ))}
              </ul>
            </>
          )}
          <button
            type="button"
            aria-expanded={notes}
            onClick={() => setNotes(!notes)}
            className={`${line} mt-4 w-full text-ink-2 hover:text-ink`}
          >
            <NotebookPen {...icon} className="mx-[3px]" />
            Notes
            {loaded?.notes && loaded.notes.count > 0 && (
              <span className="ml-auto text-12 text-ink-3 tabular-nums">{loaded.notes.count}</span>
            )}
          </button>
          {notes && (
            <Suspense>
              <Notes session={session} room={loaded ?? room} onBusy={setNoting} />
            </Suspense>
          )}
          {mayReports && (
            <>
              <button
                type="button"
                aria-expanded={reporting}
                onClick={() => setReporting(!reporting)}
                className={`${line} w-full text-ink-2 hover:text-ink`}
              >
                <Flag {...icon} className="mx-[3px]" />
                Reports
                {reports > 0 && <span className="ml-auto text-12 text-ink-3 tabular-nums">{reports}</span>}
              </button>
              {reporting && (
                <Suspense>
                  <Reports roomId={room.id} count={reports} />
                </Suspense>
              )}
            </>
          )}
          <button type="button" aria-expanded={pins} onClick={() => setPins(!pins)} className={`${line} w-full text-ink-2 hover:text-ink`}>
            <Pin {...icon} className="mx-[3px]" />
            Pinned messages
          </button>
          {pins && (
            <Suspense>
              <Pins session={session} />
            </Suspense>
          )}
          {isLarge && people}
        </div>
        <Summon onDrop={() => setOpen(null)}>
          {open && <RowMenu row={open.row} anchor={open.anchor} room={room} role={role} onClose={() => setOpen(null)} />}
        </Summon>
        <Summon onDrop={() => setAdding(false)}>
          {adding && <AddDialog session={session} room={room} onClose={() => setAdding(false)} />}
        </Summon>
      </div>
    </aside>
  );
}

function SectionTitle({ children }: { children: ReactNode }) {
  return <h3 className="mt-3 mb-1 text-12 font-medium text-ink-3 first:mt-0">{children}</h3>;
}

interface RowButtonProps {
  /** True for the user and for the other side of a direct room, who have no menu. */
  still: boolean;
  open: boolean;
  onOpen: (anchor: HTMLElement) => void;
  children: ReactNode;
}

function RowButton({ still, open, onOpen, children }: RowButtonProps) {
  if (still) return <div className={line}>{children}</div>;
  return (
    <button
      type="button"
      aria-haspopup="menu"
      aria-expanded={open}
      onClick={(event) => onOpen(event.currentTarget)}
      className={`${line} -mx-1.5 w-[calc(100%+12px)] rounded-chip px-1.5 hover:bg-hover aria-expanded:bg-hover`}
    >
      {children}
    </button>
  );
}

/** Where the panel covers the room, Escape closes the panel, but first whatever is open inside it. */
function useEscapeWhileOver(onClose: () => void, busy: boolean) {
  useEffect(() => {
    if (busy) return;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.defaultPrevented && window.matchMedia('(width < 68.75rem)').matches) onClose();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [onClose, busy]);
}
