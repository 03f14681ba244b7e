-- Messages that no character may be told of. Processes of an earlier version tell them all the same until they are gone.

ALTER TABLE "messages" ADD COLUMN "hidden_from_ai" BOOLEAN NOT NULL DEFAULT false;
