-- AlterTable
ALTER TABLE "messages" ADD COLUMN     "words" tsvector;

-- What Prisma cannot express.

-- A process of an earlier version changes a text and leaves its words as they are.
CREATE FUNCTION "forget_stale_words"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW."words" := NULL;
    RETURN NEW;
END
$$;
CREATE TRIGGER "messages_forget_stale_words" BEFORE UPDATE OF "content" ON "messages" FOR EACH ROW
    WHEN (NEW."words" IS NOT NULL AND NEW."content" IS DISTINCT FROM OLD."content" AND NEW."words" IS NOT DISTINCT FROM OLD."words")
    EXECUTE FUNCTION "forget_stale_words"();
