-- A completion is a job of no room. Processes of earlier versions claim no job of a kind that they do not know.
ALTER TABLE "jobs" ALTER COLUMN "room_id" DROP NOT NULL;
