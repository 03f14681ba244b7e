-- AlterTable
ALTER TABLE "reply_jobs" ADD COLUMN     "claimed_at" TIMESTAMPTZ(3),
ADD COLUMN     "person_slot" SMALLINT,
ADD COLUMN     "room_slot" SMALLINT;

-- CreateTable
CREATE TABLE "room_summaries" (
    "room_id" UUID NOT NULL,
    "character_id" UUID NOT NULL,
    "from_seq" INTEGER NOT NULL,
    "up_to_seq" INTEGER NOT NULL,
    "built_rev" INTEGER NOT NULL,
    "built_at" TIMESTAMPTZ(3) NOT NULL,
    "text" TEXT NOT NULL,

    CONSTRAINT "room_summaries_pkey" PRIMARY KEY ("room_id","character_id")
);

-- A place is held by one streaming reply at a time, whatever claims race for it. Renewing a lease touches neither index.
CREATE UNIQUE INDEX "reply_jobs_room_slot_key" ON "reply_jobs"("room_id", "room_slot") WHERE "state" = 'streaming';
CREATE UNIQUE INDEX "reply_jobs_person_slot_key" ON "reply_jobs"("asked_by", "person_slot") WHERE "state" = 'streaming';
-- When someone was last served, for taking turns.
CREATE INDEX "reply_jobs_turns_idx" ON "reply_jobs"("asked_by", "claimed_at" DESC) WHERE "claimed_at" IS NOT NULL;
