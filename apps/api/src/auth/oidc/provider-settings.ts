import { envFlag, envList, maxProviders } from '@parley/contracts';
import { z } from 'zod';

/** A provider of identities by OpenID Connect, as the variables `OIDC_<ID>_…` describe it. docs/sign-in.md explains each. */
export interface ProviderSettings {
  /** `<ID>` in lower case: part of addresses, and of what is kept about people. */
  id: string;
  /** As the page shows it. */
  name: string;
  issuer: string;
  clientId: string;
  /** None for a public client, which PKCE protects alone. */
  clientSecret: string | undefined;
  scopes: string;
  groupsClaim: string;
  /** Who is in one of these groups is an admin. */
  adminGroups: readonly string[];
  /** `email`: a first sign-in takes over the account that has the same e-mail, if both sides have made sure of it. */
  link: 'never' | 'email';
  /** True where the provider makes sure of every e-mail, though it does not say so. */
  trustEmail: boolean;
  /** False: only people whom SCIM announced, or who are linked, may come in. */
  signUp: boolean;
  /** What the provider's SCIM client proves itself by. */
  scimToken: string | undefined;
  /** Whether a logout at the provider ends the person's keys too. */
  logoutEndsKeys: boolean;
}

const isLoopbackUrl = (url: string): boolean => /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(new URL(url).hostname);

/** A variable's own parts, by what stands behind `OIDC_<ID>_`. */
const fields = {
  NAME: z.string().trim().min(1).max(40).optional().describe('a name of at most 40 characters'),
  ISSUER: z
    .url({ protocol: /^https?$/ })
    .refine((url) => url.startsWith('https:') || isLoopbackUrl(url))
    .describe('the provider’s issuer, such as https://login.example.org/realms/main; http only on this machine'),
  CLIENT_ID: z.string().min(1).max(500).describe('the id that the provider gave this server'),
  CLIENT_SECRET: z.string().min(1).max(2_000).optional().describe('the secret that belongs to the client id'),
  SCOPES: z
    .string()
    .regex(/^openid(?: [\w:./-]{1,200}){0,20}$/)
    .default('openid profile email')
    .describe('scopes with spaces between them, openid first'),
  GROUPS_CLAIM: z.string().min(1).max(200).default('groups').describe('the name of a claim'),
  ADMIN_GROUPS: envList
    .pipe(z.array(z.string().max(200)).max(20))
    .prefault('')
    .describe('names of groups, separated by commas'),
  LINK: z.enum(['never', 'email']).default('never').describe('never or email'),
  TRUST_EMAIL: envFlag(false).describe('true or false'),
  SIGN_UP: envFlag(true).describe('true or false'),
  SCIM_TOKEN: z
    .string()
    .regex(/^[\w.-]{32,512}$/)
    .optional()
    .describe('32 to 512 letters, digits, "-", "_" and "."'),
  LOGOUT_ENDS_KEYS: envFlag(true).describe('true or false'),
} as const;
const providerSchema = z.object(fields);

/**
 * The variables `OIDC_<ID>_…`, read into one entry for each provider, in the order of their names. An id has letters and digits only,
 * so that each variable can be split in one way.
 */
export const envProviders = z
  .record(z.string(), z.string())
  .prefault({})
  .transform((variables, context): ProviderSettings[] => {
    const refuse = (name: string, message: string) => context.addIssue({ code: 'custom', path: [name], message });
    const parts = new Map<string, Record<string, string>>();
    for (const [name, value] of Object.entries(variables)) {
      const [, id, part] = /^OIDC_([A-Z][A-Z0-9]{0,31})_([A-Z_]+)$/.exec(name) ?? [];
      if (id === undefined || part === undefined || !Object.hasOwn(fields, part)) {
        refuse(name, `OIDC_<ID>_ and one of ${Object.keys(fields).join(', ')}, where <ID> has letters and digits only`);
        continue;
      }
      parts.set(id, { ...parts.get(id), [part]: value });
    }
    if (parts.size > maxProviders) refuse('OIDC_*', `at most ${maxProviders} providers`);
    return [...parts].flatMap(([id, given]) => {
      const read = providerSchema.safeParse(given);
      if (!read.success) {
        for (const { path } of read.error.issues) {
          const part = String(path[0]) as keyof typeof fields;
          refuse(`OIDC_${id}_${part}`, descriptionOf(fields[part]));
        }
        return [];
      }
      const { data } = read;
      return [
        {
          id: id.toLowerCase(),
          name: data.NAME ?? `${id[0]}${id.slice(1).toLowerCase()}`,
          issuer: data.ISSUER,
          clientId: data.CLIENT_ID,
          clientSecret: data.CLIENT_SECRET,
          scopes: data.SCOPES,
          groupsClaim: data.GROUPS_CLAIM,
          adminGroups: data.ADMIN_GROUPS,
          link: data.LINK,
          trustEmail: data.TRUST_EMAIL,
          signUp: data.SIGN_UP,
          scimToken: data.SCIM_TOKEN,
          logoutEndsKeys: data.LOGOUT_ENDS_KEYS,
        },
      ];
    });
  });

function descriptionOf(field: z.ZodType): string {
  return field.description ?? 'something else';
}
