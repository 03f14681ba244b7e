-- What Prisma cannot express.

CREATE INDEX "characters_name_look_idx" ON "characters"(name_look("name")) WHERE "deleted_at" IS NULL;
CREATE INDEX "characters_handle_look_idx" ON "characters"(name_look("handle")) WHERE "deleted_at" IS NULL;

-- Whether a handle looks like another, and a name like somebody else's. Decision 24 says whose names count. A statement that takes a name
-- asks this in the same statement: until it has committed, others who want a name that looks alike wait here. A function that is volatile
-- sees what was committed while it waited, which the statement that calls it does not.
CREATE FUNCTION "names_alike"(wanted_handle text, wanted_name text, whose uuid, is_person boolean, OUT handle_alike boolean, OUT name_alike boolean)
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
        WHERE u."password_hash" IS NOT NULL AND u."id" IS DISTINCT FROM whose
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
