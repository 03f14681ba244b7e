import { Menu } from '@base-ui/react/menu';
import { LogOut, Settings2 } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { useClient } from '../../client/client-context.js';
import { errorMessage } from '../../client/errors.js';
import { icon } from '../../components/ui/icon.js';

const item =
  'flex h-8 w-full cursor-pointer items-center gap-2.5 rounded-chip px-2.5 text-14 outline-none select-none data-highlighted:bg-hover max-wide:h-11';
const label = 'px-2.5 pt-1.5 pb-1 text-12 font-medium text-ink-3';

interface AccountMenuProps {
  triggerClass: string;
  /** What stands above *Sign out*, given the classes of an item and of a group's label. */
  children: (classes: { item: string; label: string }) => ReactNode;
}

/** Loaded when first asked for, and open at once. */
export function AccountMenu({ triggerClass, children }: AccountMenuProps) {
  const { auth } = useClient();
  const [problem, setProblem] = useState<string | null>(null);
  const signOut = async () => {
    try {
      await auth.logout();
    } catch (error) {
      setProblem(errorMessage(error));
    }
  };
  return (
    <Menu.Root defaultOpen>
      <Menu.Trigger aria-label="Settings" className={triggerClass}>
        <Settings2 {...icon} />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner side="top" align="end" sideOffset={8} className="z-20">
          <Menu.Popup className="w-52 rounded-card border border-line bg-surface p-1.5 shadow-float transition-opacity duration-150 outline-none data-ending-style:opacity-0 data-starting-style:opacity-0">
            {children({ item, label })}
            <Menu.Separator className="my-1.5 h-px bg-line" />
            <Menu.Item className={item} closeOnClick={false} onClick={() => void signOut()}>
              Sign out
              <LogOut {...icon} className="ml-auto text-ink-3" />
            </Menu.Item>
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
