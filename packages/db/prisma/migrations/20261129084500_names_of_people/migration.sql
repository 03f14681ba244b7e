-- AlterTable
ALTER TABLE "users" ADD COLUMN     "names" tsvector;

-- What Prisma cannot express.

CREATE INDEX "users_names_idx" ON "users" USING GIN ("names") WHERE "names" IS NOT NULL;
CREATE INDEX "users_without_names_idx" ON "users"("id") WHERE "names" IS NULL;

-- A process of an earlier version changes a name and leaves what people are found by as it is.
CREATE FUNCTION "forget_stale_names"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW."names" := NULL;
    RETURN NEW;
END
$$;
CREATE TRIGGER "users_forget_stale_names" BEFORE UPDATE OF "username", "display_name" ON "users" FOR EACH ROW
    WHEN (NEW."names" IS NOT NULL AND (NEW."username", NEW."display_name") IS DISTINCT FROM (OLD."username", OLD."display_name")
        AND NEW."names" IS NOT DISTINCT FROM OLD."names")
    EXECUTE FUNCTION "forget_stale_names"();
