-- Rooms whose AI moderators paused. Processes of an earlier version go on answering there until they are gone.

ALTER TABLE "rooms" ADD COLUMN "ai_paused_at" TIMESTAMPTZ(3), ADD COLUMN "ai_paused_by" UUID;
