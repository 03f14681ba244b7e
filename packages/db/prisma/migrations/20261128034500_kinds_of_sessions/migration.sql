ALTER TABLE "sessions" ADD COLUMN     "kind" TEXT NOT NULL DEFAULT 'login';
