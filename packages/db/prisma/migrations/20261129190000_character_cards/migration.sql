-- The card that a character was imported from, whole, so that an export has again what is not used here. Processes of an earlier version do not know it.

ALTER TABLE "characters" ADD COLUMN "card" JSONB;
