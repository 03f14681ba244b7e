/** The classes shared by all floating menus. */
export const menuPopup =
  'rounded-card border border-line bg-surface p-1.5 shadow-float transition-opacity duration-150 outline-none data-ending-style:opacity-0 data-starting-style:opacity-0';
export const menuItem =
  'flex h-8 w-full cursor-pointer items-center gap-2.5 rounded-chip px-2.5 text-14 outline-none select-none data-highlighted:bg-hover max-wide:h-11';
export const menuLabel = 'px-2.5 pt-1.5 pb-1 text-12 font-medium text-ink-3';
