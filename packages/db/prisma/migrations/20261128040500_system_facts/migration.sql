-- What a system line says; lines of before have their text alone.
ALTER TABLE "messages" ADD COLUMN     "system" JSONB;
