import type { Avatar } from '@parley/contracts';
import { Prisma } from '@parley/db';

/** Looks of what nobody, or nobody any more, is behind: system lines, and what a removed account said. */
export const nobodysAvatar: Avatar = { hue: 0, glyph: null };

/** {@link nobodysAvatar} in SQL. */
export const nobodysAvatarJson = Prisma.sql`${JSON.stringify(nobodysAvatar)}::jsonb`;
