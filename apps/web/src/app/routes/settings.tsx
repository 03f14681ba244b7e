import { useAuth } from '../../client/client-context.js';
import { Invitations } from '../../features/admin/invitations.js';
import { SettingsPage } from '../../features/settings/settings-page.js';
import { ThemeCards } from '../../features/theme/theme-cards.js';

export default function SettingsRoute() {
  const auth = useAuth();
  return auth.kind === 'signedIn' ? <SettingsPage user={auth.user} theme={<ThemeCards />} people={<Invitations />} /> : null;
}
