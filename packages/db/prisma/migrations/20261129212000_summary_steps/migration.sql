-- CreateTable
CREATE TABLE "summary_steps" (
    "room_id" UUID NOT NULL,
    "character_id" UUID NOT NULL,
    "up_to_seq" INTEGER NOT NULL,
    "from_seq" INTEGER NOT NULL,
    "first_seq" INTEGER NOT NULL,
    "step" INTEGER NOT NULL,
    "valid_rev" INTEGER NOT NULL,
    "valid_at" TIMESTAMPTZ(3) NOT NULL,
    "text" TEXT NOT NULL,

    CONSTRAINT "summary_steps_pkey" PRIMARY KEY ("room_id","character_id","up_to_seq")
);

-- What Prisma cannot express.

-- However many causes there are at once, one job makes the summary of a room and a character.
CREATE UNIQUE INDEX "jobs_room_summary_key" ON "jobs"("room_id", "character_id") WHERE "kind" = 'room_summary' AND "state" <> 'done';

ALTER TABLE "usage_counters"
    DROP CONSTRAINT "usage_counters_scope_check",
    ADD CONSTRAINT "usage_counters_scope_check" CHECK ("scope" IN ('summaries', 'person', 'room', 'character', 'instance'));

-- What characters remember goes on. Processes of an earlier version make summaries of their own in `room_summaries`, which goes with a
-- later version: nothing else reads it any more.
INSERT INTO "summary_steps" ("room_id", "character_id", "up_to_seq", "from_seq", "first_seq", "step", "valid_rev", "valid_at", "text")
    SELECT "room_id", "character_id", "up_to_seq", "from_seq", "from_seq" + 1, 1, "built_rev", "built_at", "text" FROM "room_summaries";
DELETE FROM "room_summaries";
