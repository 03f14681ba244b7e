-- What people say to calls of tools that would change something, and what they allow always. A process of an earlier version that goes on with
-- such an answer finds no result of the call, and makes it not.

ALTER TABLE "jobs" ADD COLUMN "answers" JSONB NOT NULL DEFAULT '{}';

-- CreateTable
CREATE TABLE "tool_permissions" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "room_id" UUID NOT NULL,
    "character_id" UUID NOT NULL,
    "permission" TEXT NOT NULL,
    "tool" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "tool_permissions_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "tool_permissions_user_id_room_id_character_id_permission_key" ON "tool_permissions"("user_id", "room_id", "character_id", "permission");

-- CreateIndex
CREATE INDEX "tool_permissions_room_id_idx" ON "tool_permissions"("room_id");

-- AddForeignKey
ALTER TABLE "tool_permissions" ADD CONSTRAINT "tool_permissions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tool_permissions" ADD CONSTRAINT "tool_permissions_room_id_fkey" FOREIGN KEY ("room_id") REFERENCES "rooms"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tool_permissions" ADD CONSTRAINT "tool_permissions_character_id_fkey" FOREIGN KEY ("character_id") REFERENCES "characters"("id") ON DELETE CASCADE ON UPDATE CASCADE;
