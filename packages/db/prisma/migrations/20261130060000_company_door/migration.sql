-- CreateTable
CREATE TABLE "identities" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "provider" TEXT NOT NULL,
    "subject" TEXT,
    "email" TEXT,
    "name" TEXT,
    "groups" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "gave_admin" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_sign_in_at" TIMESTAMPTZ(3),
    "scim_name" TEXT,
    "external_id" TEXT,
    "scim" JSONB,
    "scim_at" TIMESTAMPTZ(3),
    "scim_disabled" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "identities_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "provider_sessions" (
    "session_id" UUID NOT NULL,
    "identity_id" UUID NOT NULL,
    "sid" TEXT,
    "proved_at" TIMESTAMPTZ(3),
    "id_token" TEXT,

    CONSTRAINT "provider_sessions_pkey" PRIMARY KEY ("session_id")
);

-- CreateTable
CREATE TABLE "provider_logouts" (
    "provider" TEXT NOT NULL,
    "jti" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "provider_logouts_pkey" PRIMARY KEY ("provider","jti")
);

-- CreateTable
CREATE TABLE "scim_groups" (
    "id" UUID NOT NULL,
    "provider" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "name_key" TEXT NOT NULL,
    "external_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "changed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "scim_groups_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "scim_group_members" (
    "group_id" UUID NOT NULL,
    "identity_id" UUID NOT NULL,

    CONSTRAINT "scim_group_members_pkey" PRIMARY KEY ("group_id","identity_id")
);

-- CreateTable
CREATE TABLE "group_rules" (
    "id" UUID NOT NULL,
    "provider" TEXT NOT NULL,
    "group_name" TEXT NOT NULL,
    "room_id" UUID NOT NULL,
    "role" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "group_rules_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "group_grants" (
    "user_id" UUID NOT NULL,
    "room_id" UUID NOT NULL,
    "role" TEXT NOT NULL,
    "entered" BOOLEAN NOT NULL DEFAULT false,
    "before" TEXT,

    CONSTRAINT "group_grants_pkey" PRIMARY KEY ("user_id","room_id")
);

-- CreateIndex
CREATE INDEX "identities_user_id_idx" ON "identities"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "identities_provider_subject_key" ON "identities"("provider", "subject");

-- CreateIndex
CREATE UNIQUE INDEX "identities_provider_scim_name_key" ON "identities"("provider", "scim_name");

-- CreateIndex
CREATE UNIQUE INDEX "identities_provider_user_id_key" ON "identities"("provider", "user_id");

-- CreateIndex
CREATE INDEX "provider_sessions_identity_id_idx" ON "provider_sessions"("identity_id");

-- CreateIndex
CREATE UNIQUE INDEX "scim_groups_provider_name_key_key" ON "scim_groups"("provider", "name_key");

-- CreateIndex
CREATE INDEX "scim_group_members_identity_id_idx" ON "scim_group_members"("identity_id");

-- CreateIndex
CREATE INDEX "group_rules_room_id_idx" ON "group_rules"("room_id");

-- CreateIndex
CREATE UNIQUE INDEX "group_rules_provider_group_name_room_id_key" ON "group_rules"("provider", "group_name", "room_id");

-- CreateIndex
CREATE INDEX "group_grants_room_id_idx" ON "group_grants"("room_id");

-- AddForeignKey
ALTER TABLE "identities" ADD CONSTRAINT "identities_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "provider_sessions" ADD CONSTRAINT "provider_sessions_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "sessions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "provider_sessions" ADD CONSTRAINT "provider_sessions_identity_id_fkey" FOREIGN KEY ("identity_id") REFERENCES "identities"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "scim_group_members" ADD CONSTRAINT "scim_group_members_group_id_fkey" FOREIGN KEY ("group_id") REFERENCES "scim_groups"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "scim_group_members" ADD CONSTRAINT "scim_group_members_identity_id_fkey" FOREIGN KEY ("identity_id") REFERENCES "identities"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "group_rules" ADD CONSTRAINT "group_rules_room_id_fkey" FOREIGN KEY ("room_id") REFERENCES "rooms"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "group_grants" ADD CONSTRAINT "group_grants_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "group_grants" ADD CONSTRAINT "group_grants_room_id_fkey" FOREIGN KEY ("room_id") REFERENCES "rooms"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What Prisma cannot express. As it was, but somebody who comes in by a provider has no password and is a person all the same.
CREATE OR REPLACE FUNCTION "names_alike"(wanted_handle text, wanted_name text, whose uuid, is_person boolean, OUT handle_alike boolean, OUT name_alike boolean)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    look_of_handle text := name_look(wanted_handle);
    look_of_name text := name_look(wanted_name);
BEGIN
    -- In order, so that nobody waits for each other.
    PERFORM pg_advisory_xact_lock(hashtextextended(l.look, 24)) FROM (
        SELECT DISTINCT look FROM unnest(ARRAY[look_of_handle, look_of_name]) look WHERE look IS NOT NULL ORDER BY look
    ) l;
    handle_alike := EXISTS (SELECT 1 FROM "handles" h WHERE name_look(h."handle") = look_of_handle);
    name_alike := EXISTS (
        SELECT 1 FROM "users" u
        WHERE (u."password_hash" IS NOT NULL OR EXISTS (SELECT 1 FROM "identities" i WHERE i."user_id" = u."id"))
            AND u."id" IS DISTINCT FROM whose
            AND (name_look(u."username") = look_of_name OR name_look(u."display_name") = look_of_name)
    ) OR is_person AND EXISTS (
        SELECT 1 FROM "characters" c
        WHERE c."deleted_at" IS NULL AND (name_look(c."name") = look_of_name OR name_look(c."handle") = look_of_name)
            AND (c."owner_id" IS NULL OR c."owner_id" IS DISTINCT FROM whose AND EXISTS (
                SELECT 1 FROM "room_characters" rc JOIN "room_members" rm ON rm."room_id" = rc."room_id"
                WHERE rc."character_id" = c."id" AND rc."left_rev" IS NULL AND rm."user_id" = whose AND rm."left_rev" IS NULL
            ))
    );
END
$$;
