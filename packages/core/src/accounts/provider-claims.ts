import type { AdminGroups } from './apply-groups.js';

/** What a provider says of whoever signs in. */
export interface ProviderClaims {
  /** Never given to another person by this provider. */
  subject: string;
  email: string | null;
  /** True if the provider made sure that the e-mail is the person's. */
  emailVerified: boolean;
  name: string | null;
  preferredUsername: string | null;
  groups: readonly string[];
  /** The provider's own session, by which it tells of a logout. */
  sid: string | null;
  /** When the person last proved to the provider who they are. */
  provedAt: Date | null;
  idToken: string | null;
}

/** What the operator lets a provider do. */
export interface ProviderRules {
  id: string;
  link: 'never' | 'email';
  signUp: boolean;
  /** Of all providers: a person may be known to several. */
  adminGroups: AdminGroups;
}
