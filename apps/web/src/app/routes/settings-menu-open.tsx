import { AccountMenu } from '../../features/account/account-menu.js';
import { ThemeChoice } from '../../features/theme/theme-choice.js';

export default function SettingsMenuOpen() {
  return (
    <AccountMenu triggerClass="grid size-8 shrink-0 cursor-pointer place-items-center rounded-control text-ink-2 transition-colors hover:bg-hover hover:text-ink data-popup-open:bg-hover max-wide:size-11">
      {({ item, label }) => <ThemeChoice itemClass={item} labelClass={label} />}
    </AccountMenu>
  );
}
