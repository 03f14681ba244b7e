import { Bot, Sparkle } from 'lucide-react';
import { Suspense, type CSSProperties } from 'react';
import { cx } from './class-names.js';
import { initials } from './initials.js';
import { part } from './part.js';

// Ada's glyph is part of the first load, because she is in every room. The others are loaded with the first character that has one.
const Glyph = part(() => import('./glyphs.js'));

const sizes = {
  small: { box: 'size-[22px] text-[0.5625rem]', square: 'rounded-chip', glyph: 13 },
  medium: { box: 'size-[34px] text-12', square: 'rounded-block', glyph: 17 },
  large: { box: 'size-14 text-16', square: 'rounded-card', glyph: 26 },
} as const;

interface AvatarProps {
  name: string;
  avatar: { hue: number; glyph: string | null };
  /** People and their bots are round and filled, characters square and outlined. A person's glyph is null, so they have initials. */
  kind: 'person' | 'character';
  size?: keyof typeof sizes;
  online?: boolean | undefined;
  className?: string;
}

/** Hidden from screen readers: it always stands beside the name. */
export function Avatar({ name, avatar, kind, size = 'medium', online = false, className }: AvatarProps) {
  const { box, square, glyph } = sizes[size];
  return (
    <span aria-hidden="true" className={cx('relative inline-block shrink-0', className)} style={{ '--hue': avatar.hue } as CSSProperties}>
      {kind === 'person' ? (
        <span className={cx('hue-person grid place-items-center rounded-full font-bold select-none', box)}>
          {avatar.glyph === null ? initials(name) : <Bot size={glyph} strokeWidth={1.75} />}
        </span>
      ) : (
        <span className={cx('hue-border hue-text grid place-items-center border-[1.5px]', square, box)}>
          {avatar.glyph === 'sparkle' ? (
            <Sparkle size={glyph} strokeWidth={1.75} />
          ) : (
            <Suspense>
              <Glyph name={avatar.glyph ?? ''} size={glyph} />
            </Suspense>
          )}
        </span>
      )}
      {online && (
        <span className="absolute -right-0.5 -bottom-0.5 size-2.5 rounded-full border-2 border-(--ground,var(--color-background)) bg-online" />
      )}
    </span>
  );
}
