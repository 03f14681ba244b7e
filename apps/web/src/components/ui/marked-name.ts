import { isBot, type UserView } from '@parley/contracts';

/** The name of an account where there is only text: `Bo`, `Weather (bot)`. */
export function markedName(user: Pick<UserView, 'displayName' | 'avatar'>): string {
  return isBot(user) ? `${user.displayName} (bot)` : user.displayName;
}
