-- What Prisma cannot express: the messages that may be unread, so that counting some of them passes over no lines of joins and leaves.
CREATE INDEX "messages_counted_idx" ON "messages"("room_id", "seq") INCLUDE ("author_id") WHERE "kind" <> 'system' AND "deleted_at" IS NULL;
