import { Menu } from '@base-ui/react/menu';
import {
  aspectOfMember,
  isBot,
  type AutoReply,
  type MemberView,
  type RoomCharacterView,
  type RoomRole,
  type RoomView,
} from '@parley/contracts';
import { Ban, Check, MessageCircle, MicOff, UserMinus } from 'lucide-react';
import { useState } from 'react';
import { useClient } from '../../client/client-context.js';
import { useCall } from '../../client/use-call.js';
import { roomFacts, useMay } from '../../client/use-may.js';
import { useOpenDirect } from '../../client/use-open-direct.js';
import { icon } from '../../components/ui/icon.js';
import { markedName } from '../../components/ui/marked-name.js';
import { menuItem, menuLabel, menuPopup } from '../../components/ui/menu-classes.js';

export type Row = { kind: 'member'; member: MemberView } | { kind: 'character'; entry: RoomCharacterView };

interface RowMenuProps {
  row: Row;
  anchor: HTMLElement;
  room: RoomView;
  /** The role of the signed-in user. */
  role: RoomRole;
  onClose: () => void;
}

/** What the user can do with someone in the room. The menu is open as long as it is mounted; a refusal is shown inside it. */
export default function RowMenu({ row, anchor, room, role, onClose }: RowMenuProps) {
  const openDirect = useOpenDirect();
  const { busy, problem, call } = useCall();
  const run = async (make: () => Promise<unknown>) => {
    if (!busy && (await call(make))) onClose();
  };
  const talk = () => openDirect(row.kind === 'member' ? { username: row.member.user.username } : { characterId: row.entry.character.id });
  const may = useMay(roomFacts(room, role));
  return (
    <Menu.Root open modal={false} onOpenChange={(open) => !open && onClose()}>
      <Menu.Portal>
        <Menu.Positioner anchor={anchor} side="bottom" align="end" sideOffset={4} className="z-20">
          <Menu.Popup
            aria-label={row.kind === 'member' ? markedName(row.member.user) : row.entry.character.name}
            // Whoever is removed may be gone from the panel before the menu closes: then `keepFocus` finds the place.
            finalFocus={() => anchor.isConnected}
            className={`${menuPopup} w-60`}
          >
            {row.kind === 'character' && row.entry.character.tagline && (
              <p dir="auto" className="px-2.5 pt-1 pb-1.5 text-13 text-ink-2">
                {row.entry.character.tagline}
              </p>
            )}
            {row.kind === 'member' && isBot(row.member.user) && (
              <p className="px-2.5 pt-1 pb-1.5 text-13 text-ink-2">A bot: what it says, a program writes.</p>
            )}
            <Menu.Item className={menuItem} closeOnClick={false} onClick={() => void run(talk)}>
              <MessageCircle {...icon} />
              Talk alone
            </Menu.Item>
            {row.kind === 'member' ? (
              <MemberItems member={row.member} room={room} may={may} run={run} />
            ) : (
              <CharacterItems entry={row.entry} room={room} may={may} run={run} />
            )}
            {problem && (
              <p role="alert" className="px-2.5 py-1 text-13 text-danger">
                {problem}
              </p>
            )}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

type May = ReturnType<typeof useMay>;
type Run = (make: () => Promise<unknown>) => Promise<void>;

const roles: { value: RoomRole; label: string }[] = [
  { value: 'owner', label: 'Owner' },
  { value: 'moderator', label: 'Moderator' },
  { value: 'member', label: 'Member' },
];

function MemberItems({ member, room, may, run }: { member: MemberView; room: RoomView; may: May; run: Run }) {
  const { trpc } = useClient();
  const { username } = member.user;
  const [openedAt] = useState(Date.now);
  const silenced = member.silencedUntil !== undefined && Date.parse(member.silencedUntil) > openedAt;
  const mayRemove = may('rooms.removeMember', { aspect: aspectOfMember(member.role) });
  return (
    <>
      {may('rooms.setRole') && (
        <Menu.Group>
          <Menu.GroupLabel className={menuLabel}>Role</Menu.GroupLabel>
          <Menu.RadioGroup
            value={member.role}
            onValueChange={(value: RoomRole) => void run(() => trpc.rooms.setRole.mutate({ roomId: room.id, username, role: value }))}
          >
            {roles.map(({ value, label }) => (
              <Menu.RadioItem key={value} value={value} closeOnClick={false} className={menuItem}>
                {label}
                <Menu.RadioItemIndicator className="ml-auto">
                  <Check {...icon} />
                </Menu.RadioItemIndicator>
              </Menu.RadioItem>
            ))}
          </Menu.RadioGroup>
        </Menu.Group>
      )}
      {mayRemove && (
        <>
          <Menu.Separator className="my-1.5 h-px bg-line" />
          <Menu.Item
            className={menuItem}
            closeOnClick={false}
            onClick={() => void run(() => trpc.rooms.silence.mutate({ roomId: room.id, username, forMinutes: silenced ? 0 : 60 }))}
          >
            <MicOff {...icon} />
            {silenced ? 'Let write again' : 'Silence for an hour'}
          </Menu.Item>
          <Menu.Item
            className={`${menuItem} text-danger`}
            closeOnClick={false}
            onClick={() => void run(() => trpc.rooms.removeMember.mutate({ roomId: room.id, username }))}
          >
            <UserMinus {...icon} />
            Remove from room
          </Menu.Item>
          <Menu.Item
            className={`${menuItem} text-danger`}
            closeOnClick={false}
            onClick={() => void run(() => trpc.rooms.ban.mutate({ roomId: room.id, username }))}
          >
            <Ban {...icon} />
            Ban from room
          </Menu.Item>
        </>
      )}
    </>
  );
}

const answers: { value: AutoReply; label: string }[] = [
  { value: 'mention', label: 'When mentioned' },
  { value: 'always', label: 'Always' },
  { value: 'turn', label: 'In turn' },
  { value: 'ambient', label: 'With something to say' },
];

function CharacterItems({ entry, room, may, run }: { entry: RoomCharacterView; room: RoomView; may: May; run: Run }) {
  const { trpc } = useClient();
  if (!may('rooms.addCharacter')) return null;
  const place = { roomId: room.id, characterId: entry.character.id };
  return (
    <>
      <Menu.Group>
        <Menu.GroupLabel className={menuLabel}>Answers</Menu.GroupLabel>
        <Menu.RadioGroup
          value={entry.autoReply}
          onValueChange={(autoReply: AutoReply) => void run(() => trpc.rooms.addCharacter.mutate({ ...place, autoReply }))}
        >
          {answers.map(({ value, label }) => (
            <Menu.RadioItem key={value} value={value} closeOnClick={false} className={menuItem}>
              {label}
              <Menu.RadioItemIndicator className="ml-auto">
                <Check {...icon} />
              </Menu.RadioItemIndicator>
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Group>
      <Menu.Separator className="my-1.5 h-px bg-line" />
      <Menu.Item
        className={`${menuItem} text-danger`}
        closeOnClick={false}
        onClick={() => void run(() => trpc.rooms.removeCharacter.mutate(place))}
      >
        <UserMinus {...icon} />
        Remove from room
      </Menu.Item>
    </>
  );
}
