-- AlterTable
ALTER TABLE "private_replies" ADD COLUMN     "asked_seq" INTEGER,
ADD COLUMN     "attempt" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "available_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
ADD COLUMN     "character_id" UUID,
ADD COLUMN     "client_id" UUID,
ADD COLUMN     "correlation_id" TEXT,
ADD COLUMN     "dismissed_at" TIMESTAMPTZ(3),
ADD COLUMN     "error" JSONB,
ADD COLUMN     "finished_at" TIMESTAMPTZ(3),
ADD COLUMN     "lease_owner" TEXT,
ADD COLUMN     "lease_until" TIMESTAMPTZ(3),
ADD COLUMN     "model" TEXT,
ADD COLUMN     "request" JSONB,
ADD COLUMN     "stop_requested_at" TIMESTAMPTZ(3),
ADD COLUMN     "tries" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "usage" JSONB;

-- CreateIndex
CREATE UNIQUE INDEX "private_replies_room_id_user_id_client_id_key" ON "private_replies"("room_id", "user_id", "client_id");

-- One person's private replies are written one at a time, whatever claims race.
CREATE UNIQUE INDEX "private_replies_streaming_key" ON "private_replies"("user_id") WHERE "status" = 'streaming';
CREATE INDEX "private_replies_unfinished_idx" ON "private_replies"("available_at") WHERE "status" IN ('queued', 'streaming');

ALTER TABLE "private_replies"
    -- Without these, no worker could ever write its end.
    ADD CONSTRAINT "private_replies_request_check" CHECK ("status" NOT IN ('queued', 'streaming') OR ("request" IS NOT NULL AND "character_id" IS NOT NULL AND "asked_seq" IS NOT NULL)),
    ADD CONSTRAINT "private_replies_lease_check" CHECK ("status" <> 'streaming' OR "lease_until" IS NOT NULL),
    ADD CONSTRAINT "private_replies_attempt_check" CHECK ("attempt" >= 0),
    ADD CONSTRAINT "private_replies_tries_check" CHECK ("tries" >= 0);
