-- AlterTable
ALTER TABLE "jobs" ADD COLUMN     "paid_by" UUID,
ADD COLUMN     "reserved_on" DATE,
ADD COLUMN     "reserved_tokens" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "room_characters" ADD COLUMN     "set_by" UUID;
