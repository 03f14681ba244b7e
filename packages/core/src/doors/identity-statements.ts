import { Prisma } from '@parley/db';

/** Parts of the statements that write what is kept of people at providers of identities. */

/** Condition on `u`, a row of `users`: somebody at a provider is this person. */
export const hasIdentity = Prisma.sql`exists (select 1 from identities known where known.user_id = u.id)`;

/** How long ago a person may have proved to their provider who they are, for what asks others for the password. */
const proofMinutes = 10;

/** Condition: the session was begun by a sign-in at a provider, at which the person proved a moment ago who they are. */
export function provedLately(sessionId: string): Prisma.Sql {
  return Prisma.sql`exists (
    select 1 from provider_sessions proof
    where proof.session_id = ${sessionId}::uuid and proof.proved_at > now() - ${proofMinutes}::int * interval '1 minute')`;
}

/** What a provider says of a person whom it did not know before, or did not announce. */
export interface NewIdentity {
  id: string;
  provider: string;
  /** Null for somebody whom SCIM announces. */
  subject: string | null;
  email: string | null;
  name: string | null;
  scim?: { name: string; externalId: string | null; resource: object };
}

/**
 * Body of a CTE that writes an identity. The statement fails where the provider has one of that subject, that name of SCIM or that account.
 *
 * @param account the id of the account, in SQL
 * @param from sources, without the word `from`
 */
export function insertIdentity(
  { id, provider, subject, email, name, scim }: NewIdentity,
  account: Prisma.Sql,
  from: Prisma.Sql,
): Prisma.Sql {
  return Prisma.sql`
    insert into identities (id, user_id, provider, subject, email, name, scim_name, external_id, scim, scim_at)
    select ${id}::uuid, ${account}, ${provider}::text, ${subject}::text, ${email}::text, ${name}::text, ${scim?.name.toLowerCase() ?? null}::text,
      ${scim?.externalId ?? null}::text, ${scim ? JSON.stringify(scim.resource) : null}::jsonb, ${scim ? Prisma.sql`now()` : Prisma.sql`null`}
    from ${from}
    returning id, user_id`;
}

/** Body of a CTE that forgets who an account is at its providers. @param from sources, without the word `from` @param account its id, in SQL */
export function deleteIdentities(from: Prisma.Sql, account: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`delete from identities i using ${from} where i.user_id = ${account} returning i.id`;
}

/** Body of a CTE that forgets what groups gave an account. Parameters as of {@link deleteIdentities}. */
export function deleteGrants(from: Prisma.Sql, account: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`delete from group_grants g using ${from} where g.user_id = ${account} returning g.room_id`;
}

/** Body of a CTE that notes whether an account is an admin because of a group alone. Parameters as of {@link deleteIdentities}, and `gave` in SQL. */
export function setGaveAdmin(from: Prisma.Sql, account: Prisma.Sql, gave: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`update identities i set gave_admin = ${gave} from ${from} where i.user_id = ${account} and i.gave_admin <> ${gave} returning i.id`;
}

/** Body of a CTE after which no provider counts as the one that disabled the account: somebody here decided. Parameters as of {@link deleteIdentities}. */
export function decidedHere(from: Prisma.Sql, account: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`update identities i set scim_disabled = false from ${from} where i.user_id = ${account} and i.scim_disabled returning i.id`;
}

/** Body of a CTE that notes a sign-in. @param from sources, without the word `from` @param identity its id, in SQL */
export function noteSignIn(seen: { email: string | null; name: string | null }, from: Prisma.Sql, identity: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    update identities i set last_sign_in_at = now(), email = coalesce(${seen.email}::text, i.email), name = coalesce(${seen.name}::text, i.name)
    from ${from} where i.id = ${identity}
    returning i.id`;
}

export interface NewProviderSession {
  sid: string | null;
  /** When the person proved to the provider who they are; null where it is not known. */
  provedAt: Date | null;
  idToken: string | null;
}

/** Body of a CTE that notes which sign-in at the provider began a session. @param from sources, without the word `from`: `session` and `identity` */
export function insertProviderSession({ sid, provedAt, idToken }: NewProviderSession): Prisma.Sql {
  return Prisma.sql`
    insert into provider_sessions (session_id, identity_id, sid, proved_at, id_token)
    select session.id, identity.id, ${sid}::text, ${provedAt?.toISOString() ?? null}::timestamptz, ${idToken}::text
    from session cross join identity
    returning session_id`;
}

/**
 * Statement that gives the identity that SCIM announced its subject, at the first sign-in: the one whose `externalId` is the subject, else
 * the only one that has this e-mail, as its name or among its e-mails. It yields `id`, `userId`, `username` and `name`.
 *
 * @param email in lower case; null if the provider did not make sure of it
 */
export function claimAnnounced(provider: string, subject: string, email: string | null): Prisma.Sql {
  return Prisma.sql`
    with found as (
      select i.id, i.external_id is not distinct from ${subject}::text as exact from identities i
      where i.provider = ${provider}::text and i.subject is null and (i.external_id = ${subject}::text
        or ${email}::text is not null and (i.scim_name = ${email}::text
          or jsonb_typeof(i.scim -> 'emails') = 'array' and exists (
            select 1 from jsonb_array_elements(i.scim -> 'emails') given where lower(given ->> 'value') = ${email}::text)))
    ),
    chosen as (
      select id from found where exact or not exists (select 1 from found where exact) and (select count(*) from found) = 1
    )
    update identities i set subject = ${subject}::text from chosen, users u where i.id = chosen.id and i.subject is null and u.id = i.user_id
    returning i.id, i.user_id as "userId", u.username, i.name`;
}

/** Body of a CTE that notes that an account is disabled because its provider said so. @param from sources, without the word `from` */
export function noteScimDisabled(identityId: string, from: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    update identities i set scim_disabled = true where i.id = ${identityId}::uuid and exists (select 1 from ${from}) returning i.id`;
}

/** Body of a CTE that yields `user_id` of an identity whose account its provider had disabled, once: it counts as that no more. */
export function takeScimDisabled(identityId: string, provider: string): Prisma.Sql {
  return Prisma.sql`
    update identities i set scim_disabled = false
    where i.id = ${identityId}::uuid and i.provider = ${provider}::text and i.scim_disabled
    returning i.user_id`;
}
