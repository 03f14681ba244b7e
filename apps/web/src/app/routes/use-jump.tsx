import { Search } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { icon } from '../../components/ui/icon.js';
import { part } from '../../components/ui/part.js';
import { Summon } from '../../components/ui/summon.js';

const JumpDialog = part(() => import('../../features/search/jump-dialog.js'));

const apple = /mac|iphone|ipad/i.test(navigator.platform);

/**
 * *Jump to…*: its button, its keys (Ctrl K, on a Mac Command K), and its dialog once it was opened. *New conversation* opens the same dialog
 * for people.
 */
export function useJump() {
  const [wanted, setWanted] = useState<'places' | 'people' | null>(null);
  const open = useCallback(() => setWanted('places'), []);
  const findPeople = useCallback(() => setWanted('people'), []);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
      event.preventDefault();
      open();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [open]);
  return {
    findPeople,
    button: (
      <button
        type="button"
        onClick={open}
        className="mx-3 mb-2 flex h-9 shrink-0 items-center gap-2 rounded-control border border-line bg-surface px-2.5 text-14 text-ink-2 transition-colors hover:border-line-strong max-wide:h-11"
      >
        <Search {...icon} />
        Jump to…
        <kbd className="ml-auto rounded-chip border border-line px-1.5 font-sans text-12 text-ink-2 max-wide:hidden">
          {apple ? '⌘ K' : 'Ctrl K'}
        </kbd>
      </button>
    ),
    dialog: <Summon onDrop={() => setWanted(null)}>{wanted && <JumpDialog wanted={wanted} onClose={() => setWanted(null)} />}</Summon>,
  };
}
