-- Conversations that programs name by themselves. A person has any number of them with one character, so their direct rooms have no key.

-- CreateTable
CREATE TABLE "chat_sessions" (
    "user_id" UUID NOT NULL,
    "session_id" TEXT NOT NULL,
    "room_id" UUID NOT NULL,
    "character_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "chat_sessions_pkey" PRIMARY KEY ("user_id","session_id")
);

-- CreateIndex
CREATE UNIQUE INDEX "chat_sessions_room_id_key" ON "chat_sessions"("room_id");

-- CreateIndex
CREATE INDEX "chat_sessions_user_id_created_at_idx" ON "chat_sessions"("user_id", "created_at");

-- AddForeignKey
ALTER TABLE "chat_sessions" ADD CONSTRAINT "chat_sessions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "chat_sessions" ADD CONSTRAINT "chat_sessions_room_id_fkey" FOREIGN KEY ("room_id") REFERENCES "rooms"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "chat_sessions" ADD CONSTRAINT "chat_sessions_character_id_fkey" FOREIGN KEY ("character_id") REFERENCES "characters"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "rooms" DROP CONSTRAINT "rooms_direct_key_check";
ALTER TABLE "rooms" ADD CONSTRAINT "rooms_direct_key_check" CHECK ("direct_key" IS NULL OR "visibility" = 'direct');
