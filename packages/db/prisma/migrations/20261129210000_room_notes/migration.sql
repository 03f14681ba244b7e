-- What the people of a room want kept. Processes of an earlier version know nothing of it, and leave it alone.

-- AlterTable
ALTER TABLE "rooms" ADD COLUMN     "note_count" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "last_note" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "notes_rev" INTEGER NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "room_notes" (
    "id" UUID NOT NULL,
    "room_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "text" TEXT NOT NULL,
    "author_id" UUID,
    "author_name" TEXT,
    "author_handle" TEXT,
    "editor_id" UUID,
    "source_id" UUID,
    "kept" BOOLEAN NOT NULL DEFAULT false,
    "rev" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "room_notes_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "room_notes_room_id_number_key" ON "room_notes"("room_id", "number");

-- AddForeignKey
ALTER TABLE "room_notes" ADD CONSTRAINT "room_notes_room_id_fkey" FOREIGN KEY ("room_id") REFERENCES "rooms"("id") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE "rooms" ADD CONSTRAINT "rooms_note_count_check" CHECK ("note_count" >= 0 AND "last_note" >= 0 AND "notes_rev" >= 0);
ALTER TABLE "room_notes" ADD CONSTRAINT "room_notes_author_check" CHECK ("author_id" IS NOT NULL OR "author_name" IS NOT NULL);
ALTER TABLE "room_notes" ADD CONSTRAINT "room_notes_number_check" CHECK ("number" > 0);
