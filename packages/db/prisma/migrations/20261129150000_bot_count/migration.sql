-- How many bots a person has: of two that they make at once, the later sees the earlier counted.

ALTER TABLE "users" ADD COLUMN "bot_count" INTEGER NOT NULL DEFAULT 0;

UPDATE "users" u SET "bot_count" = (SELECT count(*) FROM "users" b WHERE b."owner_id" = u."id")
WHERE EXISTS (SELECT 1 FROM "users" b WHERE b."owner_id" = u."id");
