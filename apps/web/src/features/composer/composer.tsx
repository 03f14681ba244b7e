import type { BotCommandView, MessageView, RoomView } from '@parley/contracts';
import { sentText } from '@parley/contracts/markdown';
import { AtSign, CornerDownLeft, Slash } from 'lucide-react';
import { Suspense, useEffect, useEffectEvent, useId, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { useRoomState } from '../../client/client-context.js';
import type { RoomSession } from '../../client/types.js';
import { useDraft } from '../../client/use-draft.js';
import { roomFacts } from '../../client/use-may.js';
import { Button, IconButton } from '../../components/ui/button.js';
import { cx } from '../../components/ui/class-names.js';
import { icon } from '../../components/ui/icon.js';
import { isComposing } from '../../components/ui/is-composing.js';
import { part } from '../../components/ui/part.js';
import { replaceText } from '../../components/ui/replace-text.js';
import { checkText } from './check-text.js';
import type { CompletionItem, Found } from './completion.js';
import type { Problem } from './draft-problem.js';

const DraftProblem = part(() => import('./draft-problem.js'));
const ReplyBar = part(() => import('./reply-bar.js'));
const TypingSignal = part(() => import('./typing-signal.js'));

const maxHeight = 240;

/** What stands before the caret where the menu may have something to offer; its code decides. */
const mayBegin = /^\/\S*$|[@＠][^\s@＠]*$/u;

interface ComposerProps {
  session: RoomSession;
  room: RoomView;
  /** The room's title; for a direct room the name of the other side. */
  title: string;
  me: string;
  /** The message being answered. */
  replyTo: MessageView | null;
  onReplyTo: (message: MessageView | null) => void;
  /** True while a message is being edited in its row. */
  editing: boolean;
  /** Called when arrow up is pressed in an empty box: opens the user's last message for editing. @returns whether there was one */
  onEditLast: () => boolean;
}

export function Composer({ session, room, title, me, replyTo, onReplyTo, editing, onEditLast }: ComposerProps) {
  const { mine, members, characters } = useRoomState(session);
  const menuId = useId();
  const box = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useDraft(me, room.id);
  const [caret, setCaret] = useState(text.length);
  const [active, setActive] = useState(0);
  /** The text for which the menu was closed with Escape. Typing on opens it again. */
  const [dismissed, setDismissed] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  /** What was pressed before all was there that it needs, until it is: then it does what it would have done. */
  const [awaiting, setAwaiting] = useState<'enter' | 'send' | null>(null);
  /** The commands of the room's bots: null if they could not be asked for, undefined until that is known. */
  const [ofBots, setOfBots] = useState<BotCommandView[] | null>();
  const help = useCode(/^\/|[@＠]/.test(text), loadCompletion);
  const commandCheck = useCode(text.startsWith('/'), loadCommandCheck);
  const [found, setFound] = useState<Found[]>([]);
  const role = mine?.role ?? 'member';
  const commands = useMemo(() => help?.commandsFor(roomFacts(room, role), ofBots ?? []) ?? [], [help, room, role, ofBots]);
  const completion = useMemo(
    () =>
      help?.completionAt(text, caret, {
        commands,
        mentionables: help.mentionablesOf(members, characters, me),
        found,
      }) ?? null,
    [help, text, caret, commands, members, characters, me, found],
  );
  const menu = completion && dismissed !== text ? completion : null;
  const chosen = menu ? Math.min(active, menu.items.length - 1) : 0;

  useLayoutEffect(() => {
    const element = box.current!;
    element.style.height = 'auto';
    element.style.height = `${Math.min(element.scrollHeight, maxHeight)}px`;
  }, [text]);

  // With a physical keyboard the user is about to type after opening a room or ending an edit. On touch screens a focus would raise the
  // keyboard over the text.
  useEffect(() => {
    // Do not take the focus from an open dialog: a room that loads slowly would receive what is being typed there.
    const elsewhere = document.activeElement?.closest('[role=dialog]');
    if (!editing && !elsewhere && window.matchMedia('(pointer: fine)').matches) box.current?.focus();
  }, [editing]);

  const answered = replyTo?.id;
  useEffect(() => {
    if (answered) box.current?.focus();
  }, [answered]);

  const change = (next: string, nextCaret: number) => {
    setText(next);
    setCaret(nextCaret);
    setActive(0);
    setDismissed(null);
    setProblem(null);
    setAwaiting(null);
  };
  const choose = (item: CompletionItem) => {
    if (item.insert === '') setDismissed(text);
    else if (help && menu) replaceText(box.current!, help.applyCompletion(text, menu, item));
  };
  const send = () => {
    const check = commandCheck ? commandCheck.checkDraft(text, ofBots ?? null) : checkText(text);
    if (check.kind === 'problem') setProblem(check);
    if (check.kind !== 'ready') return;
    session.send(sentText(text), { replyTo: replyTo?.id ?? null });
    onReplyTo(null);
    change('', 0);
    box.current?.focus();
  };

  const item = menu?.items[chosen];
  /** What Enter would take of what the menu offers: nothing if that is written already. */
  const taken = help && menu && item && !help.isComplete(text, menu, item) ? item : null;
  const enter = (pressed: typeof awaiting) => {
    setAwaiting(null);
    if (taken && pressed === 'enter') choose(taken);
    else send();
  };
  const enterNow = useEffectEvent(enter);
  const isCommand = text.startsWith('/');
  /** Whether all is there that the menu offers something of, and that a command is checked by. */
  const isReady = help && (!isCommand || (commandCheck && ofBots !== undefined));
  useEffect(() => {
    if (!awaiting) return;
    if (isReady) return enterNow(awaiting);
    let wanted = true;
    // Without a menu there is only to send.
    Promise.all([loadCompletion(), isCommand && loadCommandCheck()]).catch(() => wanted && enterNow(awaiting));
    return () => {
      wanted = false;
    };
  }, [awaiting, isReady, isCommand]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (isComposing(event)) return;
    if (menu) {
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        event.preventDefault();
        const step = event.key === 'ArrowDown' ? 1 : -1;
        setActive((chosen + step + menu.items.length) % menu.items.length);
        return;
      }
      if (event.key === 'Escape') {
        event.preventDefault();
        setDismissed(text);
        return;
      }
      if (item && event.key === 'Tab' && !event.shiftKey) {
        event.preventDefault();
        choose(item);
        return;
      }
    }
    if (event.key === 'ArrowUp' && text === '' && onEditLast()) {
      event.preventDefault();
      return;
    }
    if (event.key === 'Escape' && replyTo) {
      event.preventDefault();
      onReplyTo(null);
      return;
    }
    if (event.key !== 'Enter' || event.shiftKey) return;
    const mayTake = !isReady && !awaiting && mayBegin.test(text.slice(0, caret));
    // On a touch keyboard Enter is the only way to make a new line; the button sends.
    if (!taken && !mayTake && window.matchMedia('(pointer: coarse)').matches) return;
    event.preventDefault();
    if (mayTake || (isCommand && !isReady && !awaiting)) setAwaiting('enter');
    else enter('enter');
  };

  /** Opens the menu of commands or people, as if its character had been typed. */
  const insertSign = (sign: '/' | '@') => {
    setDismissed(null);
    box.current!.focus();
    loadCompletion().then(({ insertSign: insert }) => insert(box.current!, sign), String);
  };

  return (
    <div className="measure pb-4 max-wide:pb-[max(10px,env(safe-area-inset-bottom))]">
      <Suspense>
        <TypingSignal roomId={room.id} text={text} />
      </Suspense>
      <div className="relative">
        {help && (
          <help.Lookups
            {...{ session, text, caret, commands }}
            roomId={room.id}
            onBotCommands={(told) => setOfBots((known) => told ?? known ?? null)}
            onFound={setFound}
          />
        )}
        {help && menu && <help.CompletionMenu id={menuId} items={menu.items} active={chosen} onHover={setActive} onChoose={choose} />}
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (isCommand && !isReady) setAwaiting('send');
            else send();
          }}
          className={cx(
            'rounded-card border bg-surface shadow-float transition-colors',
            problem ? 'border-danger' : 'border-line-strong focus-within:border-accent/50',
          )}
        >
          {replyTo && (
            <Suspense>
              <ReplyBar message={replyTo} onCancel={() => onReplyTo(null)} />
            </Suspense>
          )}
          <textarea
            ref={box}
            dir="auto"
            rows={1}
            aria-label="Message"
            placeholder={`Message ${title}`}
            aria-autocomplete="list"
            aria-haspopup="listbox"
            aria-controls={menu ? menuId : undefined}
            aria-activedescendant={menu ? `${menuId}-${chosen}` : undefined}
            aria-describedby={problem ? `${menuId}-problem` : undefined}
            aria-invalid={problem ? true : undefined}
            value={text}
            onChange={(event) => change(event.target.value, event.target.selectionStart)}
            onSelect={(event) => setCaret(event.currentTarget.selectionStart)}
            onKeyDown={onKeyDown}
            className="block w-full resize-none bg-transparent px-3.5 pt-2.5 pb-1 text-15 outline-none placeholder:truncate max-wide:text-16"
          />
          <div className="flex items-center gap-0.5 px-2.5 pb-2.5 max-wide:px-1.5 max-wide:pr-2.5 max-wide:pb-1.5">
            <IconButton label="Commands" className="max-wide:size-10" onClick={() => insertSign('/')}>
              <Slash {...icon} />
            </IconButton>
            <IconButton label="Mention someone" className="max-wide:size-10" onClick={() => insertSign('@')}>
              <AtSign {...icon} />
            </IconButton>
            <Button look="primary" type="submit" className="ml-auto" disabled={text.trim() === ''}>
              Send
              <CornerDownLeft {...icon} size={15} />
            </Button>
          </div>
        </form>
        {problem && (
          <Suspense>
            <DraftProblem
              id={`${menuId}-problem`}
              problem={problem}
              onCorrect={(insert) => replaceText(box.current!, { from: 0, to: text.length, insert })}
            />
          </Suspense>
        )}
      </div>
    </div>
  );
}

const loadCompletion = () => import('./completion-help.js');
const loadCommandCheck = () => import('./check-draft.js');

/** Code that is loaded when it is first wanted; null until it is there. */
function useCode<Code extends object>(wanted: boolean, load: () => Promise<Code>): Code | null {
  const [code, setCode] = useState<Code | null>(null);
  useEffect(() => {
    // The page works without it; if it cannot be loaded, the next text that wants it tries again.
    if (wanted && !code) load().then(setCode, () => undefined);
  }, [wanted, code, load]);
  return code;
}
