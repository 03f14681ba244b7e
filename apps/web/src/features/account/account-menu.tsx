import { Menu } from '@base-ui/react/menu';
import { useNavigate } from '@tanstack/react-router';
import { LogOut, Settings2, SlidersHorizontal } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { useClient } from '../../client/client-context.js';
import { errorMessage } from '../../client/errors.js';
import { icon } from '../../components/ui/icon.js';
import { menuItem as item, menuLabel as label, menuPopup } from '../../components/ui/menu-classes.js';

interface AccountMenuProps {
  triggerClass: string;
  /** The items above *Sign out*. The function gets the classes of an item and of a group's label. */
  children: (classes: { item: string; label: string }) => ReactNode;
}

/** The menu's code is loaded when it is first opened. */
export function AccountMenu({ triggerClass, children }: AccountMenuProps) {
  const { auth } = useClient();
  const navigate = useNavigate();
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
          <Menu.Popup className={`${menuPopup} w-52`}>
            {children({ item, label })}
            <Menu.Separator className="my-1.5 h-px bg-line" />
            <Menu.Item className={item} onClick={() => void navigate({ to: '/settings' })}>
              All settings
              <SlidersHorizontal {...icon} className="ml-auto text-ink-3" />
            </Menu.Item>
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
