-- Whose author is a claim of the file that brought the message. Rows of a process of before, which does not know the column, say false.
ALTER TABLE "messages" ADD COLUMN     "imported" BOOLEAN NOT NULL DEFAULT false;
