-- What Prisma cannot express. Apart from the new column, whose lock also holds up whoever reads: building these holds up writes alone.

-- A message without words is found by the old column `search` until a worker has written them: it was written before, or by a process of
-- an earlier version.
CREATE INDEX "messages_words_idx" ON "messages" USING GIN ("words") WHERE "words" IS NOT NULL;
CREATE INDEX "messages_without_words_idx" ON "messages"("id") WHERE "words" IS NULL AND "content" <> '' AND "kind" <> 'system';
