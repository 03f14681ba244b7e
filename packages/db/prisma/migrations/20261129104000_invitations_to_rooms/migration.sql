-- AlterTable
ALTER TABLE "room_members" ADD COLUMN     "declined_at" TIMESTAMPTZ(3),
ADD COLUMN     "invited_at" TIMESTAMPTZ(3),
ADD COLUMN     "invited_by" UUID,
ADD COLUMN     "invited_rev" INTEGER,
ADD COLUMN     "self_left_rev" INTEGER;

-- An invitation is whole or none. Nothing may be asked of `left_rev` here: a process of an earlier version writes that alone. Not valid,
-- so that no row is read under the lock: the columns are new and empty.
ALTER TABLE "room_members"
    ADD CONSTRAINT "room_members_invitation_check" CHECK (
        ("invited_rev" IS NULL) = ("invited_by" IS NULL) AND ("invited_rev" IS NULL) = ("invited_at" IS NULL)) NOT VALID;
