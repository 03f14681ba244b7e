-- How long rooms keep their messages; what must not be removed, and what was set aside because of that; and what became of removed accounts.
-- Processes of an earlier version remove nothing by age. What they delete of held people and rooms is set aside all the same: triggers do that.

ALTER TABLE "rooms" ADD COLUMN "retention_days" INTEGER,
  ADD COLUMN "history_from_seq" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "swept_seq" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "rooms" ADD CONSTRAINT "rooms_retention_days_check" CHECK ("retention_days" > 0);

CREATE TABLE "legal_holds" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "subject_id" UUID NOT NULL,
    "reason" TEXT NOT NULL,
    "placed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "placed_by" UUID,
    "lifted_at" TIMESTAMPTZ(3),
    "lifted_by" UUID,

    CONSTRAINT "legal_holds_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "legal_holds_kind_check" CHECK ("kind" IN ('person', 'room'))
);
CREATE UNIQUE INDEX "legal_holds_standing" ON "legal_holds"("kind", "subject_id") WHERE "lifted_at" IS NULL;

CREATE TABLE "held_copies" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "kept_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "of_table" TEXT NOT NULL,
    "room_id" UUID,
    "user_id" UUID,
    "row" JSONB NOT NULL,

    CONSTRAINT "held_copies_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "held_copies_room_id_idx" ON "held_copies"("room_id");
CREATE INDEX "held_copies_user_id_idx" ON "held_copies"("user_id");

CREATE TABLE "account_removals" (
    "user_id" UUID NOT NULL,
    "username" TEXT NOT NULL,
    "messages" TEXT NOT NULL DEFAULT 'keep',
    "asked_by" UUID,
    "begun_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "tried_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "closed_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "before" JSONB NOT NULL,
    "record" JSONB,

    CONSTRAINT "account_removals_pkey" PRIMARY KEY ("user_id"),
    CONSTRAINT "account_removals_messages_check" CHECK ("messages" IN ('keep', 'remove'))
);

-- Sets a row aside as it was, if a hold is on its room or on its person, whoever changes or deletes it and in which version of Parley.
-- A volatile function reads with a new snapshot, so a hold that was placed while the change waited for its lock counts too.
CREATE FUNCTION "keep_held"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was jsonb;
  room uuid;
  person uuid;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM "legal_holds" WHERE "lifted_at" IS NULL) THEN
    RETURN NULL;
  END IF;
  was := to_jsonb(OLD) - ARRAY['words', 'search', 'names', 'password_hash'];
  CASE TG_TABLE_NAME
    WHEN 'messages' THEN
      room := (was ->> 'room_id')::uuid;
      person := coalesce((was -> 'reply' ->> 'askedBy')::uuid, (was ->> 'author_id')::uuid);
    WHEN 'reply_versions' THEN
      SELECT m."room_id", (m."reply" ->> 'askedBy')::uuid INTO room, person FROM "messages" m WHERE m."id" = (was ->> 'message_id')::uuid;
    WHEN 'room_notes' THEN
      room := (was ->> 'room_id')::uuid;
      person := (was ->> 'author_id')::uuid;
    WHEN 'rooms' THEN
      room := (was ->> 'id')::uuid;
      person := (was ->> 'created_by')::uuid;
    WHEN 'users' THEN
      person := (was ->> 'id')::uuid;
    WHEN 'characters' THEN
      person := (was ->> 'owner_id')::uuid;
    ELSE
      room := (was ->> 'room_id')::uuid;
      person := (was ->> 'user_id')::uuid;
  END CASE;
  INSERT INTO "held_copies" ("of_table", "room_id", "user_id", "row")
  SELECT TG_TABLE_NAME, room, person, was
  WHERE EXISTS (
    SELECT 1 FROM "legal_holds" h
    WHERE h."lifted_at" IS NULL AND (h."kind" = 'room' AND h."subject_id" = room OR h."kind" = 'person' AND h."subject_id" = person)
  );
  RETURN NULL;
END $$;

-- A reply that is written for the first time has no text that could be lost, and most writes name no text at all: they call nothing.
CREATE TRIGGER "messages_held" AFTER UPDATE OF "content" ON "messages" FOR EACH ROW
  WHEN (OLD."content" <> '' AND OLD."content" IS DISTINCT FROM NEW."content") EXECUTE FUNCTION "keep_held"();
CREATE TRIGGER "reply_versions_held" AFTER UPDATE OF "content" ON "reply_versions" FOR EACH ROW
  WHEN (OLD."content" <> '' AND OLD."content" IS DISTINCT FROM NEW."content") EXECUTE FUNCTION "keep_held"();
CREATE TRIGGER "room_notes_held" AFTER UPDATE OF "text" ON "room_notes" FOR EACH ROW
  WHEN (OLD."text" IS DISTINCT FROM NEW."text") EXECUTE FUNCTION "keep_held"();
CREATE TRIGGER "room_notes_held_gone" AFTER DELETE ON "room_notes" FOR EACH ROW EXECUTE FUNCTION "keep_held"();
CREATE TRIGGER "private_replies_held_gone" AFTER DELETE ON "private_replies" FOR EACH ROW
  WHEN (OLD."content" <> '') EXECUTE FUNCTION "keep_held"();
CREATE TRIGGER "chat_sessions_held_gone" AFTER DELETE ON "chat_sessions" FOR EACH ROW EXECUTE FUNCTION "keep_held"();
CREATE TRIGGER "rooms_held" AFTER UPDATE OF "name", "topic" ON "rooms" FOR EACH ROW
  WHEN (OLD."name" IS DISTINCT FROM NEW."name" OR OLD."topic" IS DISTINCT FROM NEW."topic") EXECUTE FUNCTION "keep_held"();
CREATE TRIGGER "users_held" AFTER UPDATE OF "username", "display_name" ON "users" FOR EACH ROW
  WHEN (OLD."username" IS DISTINCT FROM NEW."username" OR OLD."display_name" IS DISTINCT FROM NEW."display_name") EXECUTE FUNCTION "keep_held"();
CREATE TRIGGER "characters_held" AFTER UPDATE OF "system_prompt", "greeting" ON "characters" FOR EACH ROW
  WHEN (OLD."system_prompt" IS DISTINCT FROM NEW."system_prompt" OR OLD."greeting" IS DISTINCT FROM NEW."greeting") EXECUTE FUNCTION "keep_held"();
