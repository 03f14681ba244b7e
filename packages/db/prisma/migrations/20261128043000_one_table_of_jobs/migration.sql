-- One table for all background work: each row is one job of some kind. What was the table of replies' jobs becomes it.
ALTER TABLE "reply_jobs" RENAME TO "jobs";
ALTER TABLE "jobs" RENAME COLUMN "message_id" TO "id";
-- A job belongs to a row of its kind's own table, so only that kind knows where its id leads.
ALTER TABLE "jobs" DROP CONSTRAINT "reply_jobs_message_id_fkey";
ALTER TABLE "jobs" RENAME CONSTRAINT "reply_jobs_pkey" TO "jobs_pkey";
ALTER TABLE "jobs"
    ADD COLUMN "kind" TEXT NOT NULL DEFAULT 'reply',
    -- What the attempt has finished: a takeover goes on after it.
    ADD COLUMN "steps" JSONB NOT NULL DEFAULT '[]';

-- Places are counted for each kind by itself. Running processes know this index by its name.
DROP INDEX "reply_jobs_person_slot_key";
CREATE UNIQUE INDEX "reply_jobs_person_slot_key" ON "jobs"("kind", "asked_by", "person_slot") WHERE "state" = 'streaming';
DROP INDEX "reply_jobs_turns_idx";
CREATE INDEX "jobs_turns_idx" ON "jobs"("kind", "asked_by", "claimed_at" DESC) WHERE "claimed_at" IS NOT NULL;

-- Processes of the version before go on with replies under the old name, beside new ones: the view is updatable, an insert takes the
-- table's defaults, and they see no other kind. It goes with a later version.
CREATE VIEW "reply_jobs" AS
    SELECT "id" AS "message_id", "room_id", "character_id", "asked_by", "request", "state", "attempt", "tries", "lease_owner", "lease_until",
        "room_slot", "person_slot", "claimed_at", "available_at", "stop_requested_at", "stop_requested_by", "usage", "correlation_id",
        "created_at", "finished_at"
    FROM "jobs" WHERE "kind" = 'reply';

-- Private replies were their own jobs. Their lives go on in `jobs`; one that a running worker holds is taken over when its lease lapses.
INSERT INTO "jobs" ("id", "kind", "room_id", "character_id", "asked_by", "request", "state", "attempt", "tries", "lease_owner", "lease_until",
        "person_slot", "claimed_at", "available_at", "stop_requested_at", "stop_requested_by", "correlation_id", "created_at")
    SELECT p."id", 'private_reply', p."room_id", p."character_id", p."user_id", p."request", p."status", p."attempt", p."tries", p."lease_owner",
        p."lease_until", CASE WHEN p."status" = 'streaming' THEN 1 END, CASE WHEN p."status" = 'streaming' THEN now() END, p."available_at",
        p."stop_requested_at", CASE WHEN p."stop_requested_at" IS NOT NULL THEN p."user_id" END, p."correlation_id", p."created_at"
    FROM "private_replies" p WHERE p."status" IN ('queued', 'streaming');
-- No worker of the version before may claim what a new one will. It looks for those that are available, so none ever is.
UPDATE "private_replies" SET "available_at" = '9999-12-31T00:00:00Z' WHERE "status" = 'queued';
ALTER TABLE "private_replies" ALTER COLUMN "available_at" SET DEFAULT '9999-12-31T00:00:00Z';
-- The lease is in `jobs` now, and so is the bound of one at a time.
ALTER TABLE "private_replies" DROP CONSTRAINT "private_replies_lease_check";
DROP INDEX "private_replies_streaming_key";
DROP INDEX "private_replies_unfinished_idx";

-- An API of the version before asks without a job of its own. This makes it, and goes with the view.
CREATE FUNCTION "private_reply_job"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO "jobs" ("id", "kind", "room_id", "character_id", "asked_by", "request", "correlation_id")
        VALUES (NEW."id", 'private_reply', NEW."room_id", NEW."character_id", NEW."user_id", NEW."request", NEW."correlation_id")
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER "private_reply_job" AFTER INSERT ON "private_replies"
    FOR EACH ROW WHEN (NEW."status" = 'queued') EXECUTE FUNCTION "private_reply_job"();

-- And it ends one, or removes an account with all its private replies, without a look at the jobs.
CREATE FUNCTION "private_reply_over"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE "jobs" SET "state" = 'done', "lease_owner" = NULL, "lease_until" = NULL, "finished_at" = now()
        WHERE "id" = OLD."id" AND "state" <> 'done';
    RETURN NULL;
END $$;
CREATE TRIGGER "private_reply_ended" AFTER UPDATE OF "status" ON "private_replies"
    FOR EACH ROW WHEN (NEW."status" NOT IN ('queued', 'streaming')) EXECUTE FUNCTION "private_reply_over"();
CREATE TRIGGER "private_reply_deleted" AFTER DELETE ON "private_replies"
    FOR EACH ROW WHEN (OLD."status" IN ('queued', 'streaming')) EXECUTE FUNCTION "private_reply_over"();
