-- Pins are few, so a room's are found without its history. Usable by `pinned_at is not null`.
CREATE INDEX "messages_pinned_idx" ON "messages"("room_id", "pinned_at") WHERE "pinned_at" IS NOT NULL;
