-- What Prisma cannot express: a partial index, with a direction. Building it holds up joins and reads of one's own position, not readers.

-- The members of a room in the order of `memberPage`, so that a page of ten thousand is a range.
CREATE INDEX "room_members_present_idx" ON "room_members"("room_id", "role" DESC, "joined_at", "user_id") WHERE "left_rev" IS NULL;
