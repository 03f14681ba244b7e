-- What Prisma cannot express.

-- PostgreSQL's parser of words takes time by the square of texts such as `a_a_a_…`, `a1@a1@…` or `<!--<!--…`: in PGlite a message of 32 kB
-- took minutes. The column was generated from the text as it was, so its expression goes, which rewrites nothing, and a trigger fills it.
ALTER TABLE "messages" ALTER COLUMN "search" DROP EXPRESSION;

-- The words for processes of an earlier version, in bounded time. Only at a `<` does the parser look beyond a space, for the end of a
-- tag or of a comment, and within a word it looks again and again for an address or a name with `_`. So it gets none of these signs, and
-- no more than 64 characters without a space. Only the first 64k characters: a tsvector holds less than 1 MB, and the longest reply must
-- never fail to be stored because of its index.
CREATE FUNCTION "earlier_words"("content" text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_tsvector('simple'::regconfig, regexp_replace(translate("left"("content", 65536), '<@_', '   '), '(\S{64})', '\1 ', 'g'))
$$;

CREATE FUNCTION "write_earlier_words"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' OR NEW."content" IS DISTINCT FROM OLD."content" THEN
        NEW."search" := "earlier_words"(NEW."content");
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER "messages_write_earlier_words" BEFORE INSERT OR UPDATE OF "content" ON "messages" FOR EACH ROW
    EXECUTE FUNCTION "write_earlier_words"();
