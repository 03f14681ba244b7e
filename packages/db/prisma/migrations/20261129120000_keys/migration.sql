-- Keys: sessions of kind `key`, by which programs act.

-- When a session ends by itself. Sign-ins end by their tokens.
ALTER TABLE "sessions" ADD COLUMN "expires_at" TIMESTAMPTZ(3);

CREATE TABLE "keys" (
    "session_id" UUID NOT NULL,
    "hash" BYTEA NOT NULL,
    "name" TEXT NOT NULL,
    "scopes" TEXT[] NOT NULL,
    "room_ids" UUID[],
    "last_used_at" TIMESTAMPTZ(3),
    CONSTRAINT "keys_pkey" PRIMARY KEY ("session_id")
);

ALTER TABLE "keys" ADD CONSTRAINT "keys_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "sessions"("id") ON DELETE CASCADE ON UPDATE CASCADE;
