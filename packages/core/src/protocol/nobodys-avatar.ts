import type { Avatar } from '@parley/contracts';
import { Prisma } from '@parley/db';

/** The avatar of system lines, which nobody wrote, and of removed accounts and what they said. */
export const nobodysAvatar: Avatar = { hue: 0, glyph: null };

/** {@link nobodysAvatar} in SQL. */
export const nobodysAvatarJson = Prisma.sql`${JSON.stringify(nobodysAvatar)}::jsonb`;
