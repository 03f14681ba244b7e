import { Menu } from '@base-ui/react/menu';
import { Check } from 'lucide-react';
import { useState } from 'react';
import { icon } from '../../components/ui/icon.js';
import { chooseTheme, currentTheme, type Theme } from './theme.js';
import { themes } from './themes.js';

/** The theme, as a group of a menu. */
export function ThemeChoice({ itemClass, labelClass }: { itemClass: string; labelClass: string }) {
  const [theme, setTheme] = useState(currentTheme);
  return (
    <Menu.Group>
      <Menu.GroupLabel className={labelClass}>Theme</Menu.GroupLabel>
      <Menu.RadioGroup
        value={theme}
        onValueChange={(value: Theme) => {
          setTheme(value);
          chooseTheme(value);
        }}
      >
        {themes.map(({ value, label }) => (
          <Menu.RadioItem key={value} value={value} closeOnClick={false} className={itemClass}>
            {label}
            <Menu.RadioItemIndicator className="ml-auto">
              <Check {...icon} />
            </Menu.RadioItemIndicator>
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
    </Menu.Group>
  );
}
