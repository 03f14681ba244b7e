-- AlterTable
ALTER TABLE "jobs" ALTER COLUMN "character_id" DROP NOT NULL;

-- AlterTable
ALTER TABLE "room_counters" ADD COLUMN     "hooked" BOOLEAN NOT NULL DEFAULT false;

-- CreateTable
CREATE TABLE "webhooks" (
    "id" UUID NOT NULL,
    "room_id" UUID,
    "bot_id" UUID,
    "made_by" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "events" TEXT[],
    "secret" TEXT NOT NULL,
    "old_secret" TEXT,
    "old_secret_until" TIMESTAMPTZ(3),
    "active" BOOLEAN NOT NULL DEFAULT true,
    "parked_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "webhooks_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_lanes" (
    "hook_id" UUID NOT NULL,
    "room_id" UUID NOT NULL,
    "queued" INTEGER NOT NULL DEFAULT 0,
    "sent" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "webhook_lanes_pkey" PRIMARY KEY ("hook_id","room_id")
);

-- CreateTable
CREATE TABLE "webhook_deliveries" (
    "id" UUID NOT NULL,
    "hook_id" UUID NOT NULL,
    "room_id" UUID NOT NULL,
    "n" INTEGER NOT NULL,
    "event" TEXT NOT NULL,
    "subject_id" UUID NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'waiting',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "first_tried_at" TIMESTAMPTZ(3),
    "tried_at" TIMESTAMPTZ(3),
    "duration_ms" INTEGER,
    "http_status" INTEGER,
    "error" TEXT,
    "answer" TEXT,

    CONSTRAINT "webhook_deliveries_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "hooks" (
    "id" UUID NOT NULL,
    "room_id" UUID NOT NULL,
    "bot_id" UUID NOT NULL,
    "made_by" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "hash" BYTEA NOT NULL,
    "session_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "hooks_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "webhooks_room_id_idx" ON "webhooks"("room_id");

-- CreateIndex
CREATE INDEX "webhooks_bot_id_idx" ON "webhooks"("bot_id");

-- CreateIndex
CREATE INDEX "webhooks_made_by_idx" ON "webhooks"("made_by");

-- CreateIndex
CREATE INDEX "webhook_lanes_room_id_idx" ON "webhook_lanes"("room_id");

-- CreateIndex
CREATE INDEX "webhook_deliveries_hook_id_created_at_idx" ON "webhook_deliveries"("hook_id", "created_at");

-- CreateIndex
CREATE UNIQUE INDEX "webhook_deliveries_hook_id_room_id_n_key" ON "webhook_deliveries"("hook_id", "room_id", "n");

-- CreateIndex
CREATE UNIQUE INDEX "hooks_hash_key" ON "hooks"("hash");

-- CreateIndex
CREATE INDEX "hooks_room_id_idx" ON "hooks"("room_id");

-- CreateIndex
CREATE INDEX "hooks_made_by_idx" ON "hooks"("made_by");
