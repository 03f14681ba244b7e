import { useAuth } from '../../client/client-context.js';
import { KeysPage } from '../../features/keys/keys-page.js';

export default function KeysRoute() {
  const auth = useAuth();
  return auth.kind === 'signedIn' ? <KeysPage user={auth.user} /> : null;
}
