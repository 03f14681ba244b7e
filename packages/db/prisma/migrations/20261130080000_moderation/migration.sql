-- What moderators decide: hidden texts, silenced and banned members, reports. Processes of an earlier version see a hidden message as one
-- without a text; silence and bans bind them only once they are replaced.

ALTER TABLE "messages" ADD COLUMN "hidden_at" TIMESTAMPTZ(3);

ALTER TABLE "room_members" ADD COLUMN "silenced_until" TIMESTAMPTZ(3), ADD COLUMN "banned_rev" INTEGER, ADD COLUMN "banned_by" UUID,
  ADD COLUMN "banned_at" TIMESTAMPTZ(3);

ALTER TABLE "rooms" ADD COLUMN "ai_providers" TEXT[], ADD COLUMN "blocked_words" TEXT[] DEFAULT ARRAY[]::TEXT[],
  ADD COLUMN "blocked_words_action" TEXT NOT NULL DEFAULT 'refuse';

CREATE TABLE "hidden_texts" (
  "message_id" UUID NOT NULL,
  "room_id" UUID NOT NULL,
  "user_id" UUID,
  "content" TEXT NOT NULL,
  "mentions" JSONB NOT NULL DEFAULT '[]',
  "reply" JSONB,
  "from_ai" BOOLEAN NOT NULL DEFAULT false,
  "hidden_by" UUID,
  "hidden_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT "hidden_texts_pkey" PRIMARY KEY ("message_id")
);

CREATE INDEX "hidden_texts_room_id_idx" ON "hidden_texts"("room_id");
-- What was hidden before a hold was placed is kept too when its message is deleted.
CREATE TRIGGER "hidden_texts_held_gone" AFTER DELETE ON "hidden_texts" FOR EACH ROW WHEN (OLD."content" <> '') EXECUTE FUNCTION "keep_held"();

CREATE TABLE "reports" (
  "id" UUID NOT NULL,
  "room_id" UUID NOT NULL,
  "message_id" UUID NOT NULL,
  "reporter_id" UUID NOT NULL,
  "reason" TEXT NOT NULL,
  "note" TEXT NOT NULL DEFAULT '',
  "to_admins" BOOLEAN NOT NULL DEFAULT false,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "content" TEXT,
  "outcome" TEXT,
  "resolved_at" TIMESTAMPTZ(3),
  "resolved_by" UUID,
  "resolving_by" UUID,
  "resolving_until" TIMESTAMPTZ(3),

  CONSTRAINT "reports_pkey" PRIMARY KEY ("id")
);

CREATE UNIQUE INDEX "reports_message_id_reporter_id_key" ON "reports"("message_id", "reporter_id");
CREATE INDEX "reports_room_id_created_at_idx" ON "reports"("room_id", "created_at");
CREATE INDEX "reports_reporter_id_idx" ON "reports"("reporter_id");
-- What moderators and admins are shown, and the hint of how many wait
CREATE INDEX "reports_open" ON "reports"("created_at", "id") WHERE "outcome" IS NULL;
CREATE INDEX "reports_open_of_room" ON "reports"("room_id") WHERE "outcome" IS NULL;
