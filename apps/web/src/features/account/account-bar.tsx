import type { AccountView } from '@parley/contracts';
import type { CSSProperties, ReactNode } from 'react';
import { Avatar } from '../../components/ui/avatar.js';

/** The signed-in person, at the foot of the list of rooms. */
export function AccountBar({ user, online, status, menu }: { user: AccountView; online: boolean; status: ReactNode; menu: ReactNode }) {
  return (
    <div
      className="mx-2.5 flex shrink-0 items-center gap-2.5 border-t border-line px-2 pt-2.5 pb-[max(10px,env(safe-area-inset-bottom))]"
      style={{ '--ground': 'var(--color-sidebar)' } as CSSProperties}
    >
      <Avatar name={user.displayName} avatar={user.avatar} kind="person" online={online} />
      <div className="min-w-0 flex-1">
        <p dir="auto" className="truncate text-left text-14 font-bold">
          {user.displayName}
        </p>
        {status}
      </div>
      {menu}
    </div>
  );
}
