-- Who has a say over the replies of a room; and versions of replies with all that goes with their text, so that one can be chosen.

ALTER TABLE "rooms" ADD COLUMN "reply_control" TEXT NOT NULL DEFAULT 'asker';
ALTER TABLE "rooms" ADD CONSTRAINT "rooms_reply_control_check" CHECK ("reply_control" IN ('asker', 'anyone'));

ALTER TABLE "reply_versions" ADD COLUMN "reply" JSONB, ADD COLUMN "error" JSONB;

-- A process of before versions were chosen keeps the text that a reply has as that of its last attempt, and both are here already where
-- somebody chose. An attempt writes one text, so the first row of it is right.
CREATE FUNCTION "reply_versions_once"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM "reply_versions" v WHERE v."message_id" = NEW."message_id" AND v."attempt" = NEW."attempt") THEN
    RETURN NULL;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "reply_versions_once" BEFORE INSERT ON "reply_versions" FOR EACH ROW EXECUTE FUNCTION "reply_versions_once"();
