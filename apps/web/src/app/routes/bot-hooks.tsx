import { useParams } from '@tanstack/react-router';
import { BotHooksPage } from '../../features/hooks/bot-hooks-page.js';

export default function BotHooksRoute() {
  const { username } = useParams({ from: '/signed-in/settings/bots/$username/hooks' });
  // Keyed by bot, so that what is shown once stays with its bot.
  return <BotHooksPage key={username} username={username} />;
}
