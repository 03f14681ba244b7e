-- The tools that a character may call, and what those of a private reply were asked. Processes of an earlier version know neither, and call none.

ALTER TABLE "characters" ADD COLUMN "tools" TEXT[] NOT NULL DEFAULT '{}';
ALTER TABLE "private_replies" ADD COLUMN "tools" JSONB;
