import { useState } from 'react';
import { Button } from '../../components/ui/button.js';
import { chooseTheme, currentTheme } from './theme.js';
import { themes } from './themes.js';

/** The theme, as a row of buttons. */
export function ThemeCards() {
  const [theme, setTheme] = useState(currentTheme);
  return (
    <div role="radiogroup" aria-label="Theme" className="flex flex-wrap gap-2">
      {themes.map(({ value, label }) => (
        <Button
          key={value}
          role="radio"
          aria-checked={theme === value}
          className={theme === value ? 'border-accent! bg-accent-soft!' : ''}
          onClick={() => {
            setTheme(value);
            chooseTheme(value);
          }}
        >
          {label}
        </Button>
      ))}
    </div>
  );
}
