import { Settings2 } from 'lucide-react';
import { useState } from 'react';
import { IconButton } from '../../components/ui/button.js';
import { icon } from '../../components/ui/icon.js';
import { part } from '../../components/ui/part.js';
import { Summon } from '../../components/ui/summon.js';

const SettingsMenuOpen = part(() => import('./settings-menu-open.js'));

/** A plain button until it is first pressed; then the menu, whose code is loaded, opens at once. */
export function SettingsMenu() {
  const [wanted, setWanted] = useState(false);
  const button = (
    <IconButton label="Settings" aria-haspopup="menu" className="max-wide:size-11" onClick={() => setWanted(true)}>
      <Settings2 {...icon} />
    </IconButton>
  );
  return (
    <>
      {!wanted && button}
      <Summon fallback={button} onDrop={() => setWanted(false)}>
        {wanted && <SettingsMenuOpen />}
      </Summon>
    </>
  );
}
