-- Whether a hook's bot was made for it, and so ends with it. Of hooks from before nobody knows: their bots stay. Processes of an earlier
-- version make hooks whose bots stay, too.

ALTER TABLE "hooks" ADD COLUMN "made_bot" BOOLEAN NOT NULL DEFAULT false;
