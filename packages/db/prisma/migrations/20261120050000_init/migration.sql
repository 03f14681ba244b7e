-- CreateTable
CREATE TABLE "handles" (
    "handle" TEXT NOT NULL,

    CONSTRAINT "handles_pkey" PRIMARY KEY ("handle")
);

-- CreateTable
CREATE TABLE "users" (
    "id" UUID NOT NULL,
    "username" TEXT NOT NULL,
    "display_name" TEXT NOT NULL,
    "avatar" JSONB NOT NULL,
    "password_hash" TEXT,
    "is_admin" BOOLEAN NOT NULL DEFAULT false,
    "disabled_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sessions" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "sessions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "refresh_tokens" (
    "id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "hash" BYTEA NOT NULL,
    "parent_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "refresh_tokens_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "invites" (
    "hash" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_by" UUID,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "invites_pkey" PRIMARY KEY ("hash")
);

-- CreateTable
CREATE TABLE "rooms" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "topic" TEXT NOT NULL DEFAULT '',
    "visibility" TEXT NOT NULL,
    "direct_key" TEXT,
    "member_count" INTEGER NOT NULL DEFAULT 0,
    "archived_at" TIMESTAMPTZ(3),
    "created_by" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "rev" INTEGER NOT NULL,

    CONSTRAINT "rooms_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "room_counters" (
    "room_id" UUID NOT NULL,
    "last_seq" INTEGER NOT NULL DEFAULT 0,
    "last_rev" INTEGER NOT NULL DEFAULT 0,
    "members_rev" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "room_counters_pkey" PRIMARY KEY ("room_id")
);

-- CreateTable
CREATE TABLE "room_members" (
    "room_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "role" TEXT NOT NULL,
    "joined_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "rev" INTEGER NOT NULL,
    "left_rev" INTEGER,
    "last_read_seq" INTEGER NOT NULL DEFAULT 0,
    "muted" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "room_members_pkey" PRIMARY KEY ("room_id","user_id")
);

-- CreateTable
CREATE TABLE "room_mentions" (
    "user_id" UUID NOT NULL,
    "room_id" UUID NOT NULL,
    "seq" INTEGER NOT NULL,
    "message_id" UUID NOT NULL,

    CONSTRAINT "room_mentions_pkey" PRIMARY KEY ("user_id","room_id","seq")
);

-- CreateTable
CREATE TABLE "characters" (
    "id" UUID NOT NULL,
    "handle" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "tagline" TEXT NOT NULL DEFAULT '',
    "avatar" JSONB NOT NULL,
    "system_prompt" TEXT NOT NULL DEFAULT '',
    "model" TEXT,
    "temperature" DOUBLE PRECISION,
    "greeting" TEXT NOT NULL DEFAULT '',
    "is_assistant" BOOLEAN NOT NULL DEFAULT false,
    "owner_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "characters_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "room_characters" (
    "room_id" UUID NOT NULL,
    "character_id" UUID NOT NULL,
    "auto_reply" TEXT NOT NULL DEFAULT 'mention',
    "joined_seq" INTEGER NOT NULL DEFAULT 0,
    "joined_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "rev" INTEGER NOT NULL,
    "left_rev" INTEGER,

    CONSTRAINT "room_characters_pkey" PRIMARY KEY ("room_id","character_id")
);

-- CreateTable
CREATE TABLE "messages" (
    "id" UUID NOT NULL,
    "room_id" UUID NOT NULL,
    "seq" INTEGER NOT NULL,
    "rev" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "author_type" TEXT NOT NULL,
    "author_id" UUID,
    "author_name" TEXT NOT NULL,
    "author_handle" TEXT NOT NULL,
    "author_avatar" JSONB NOT NULL,
    "content" TEXT NOT NULL,
    "status" TEXT,
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "reply_to" UUID,
    "client_id" UUID,
    "mentions" JSONB NOT NULL DEFAULT '[]',
    "reactions" JSONB NOT NULL DEFAULT '[]',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "edited_at" TIMESTAMPTZ(3),
    "deleted_at" TIMESTAMPTZ(3),
    "pinned_at" TIMESTAMPTZ(3),
    "reply" JSONB,
    "error" JSONB,
    -- Generated, which Prisma cannot say. Only the first 64k characters: a tsvector holds less than 1 MB, and the longest
    -- reply must never fail to be stored because of its index.
    "search" tsvector GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, "left"("content", 65536))) STORED,

    CONSTRAINT "messages_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "reply_jobs" (
    "message_id" UUID NOT NULL,
    "room_id" UUID NOT NULL,
    "character_id" UUID NOT NULL,
    "asked_by" UUID NOT NULL,
    "request" JSONB NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'queued',
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "tries" INTEGER NOT NULL DEFAULT 0,
    "lease_owner" TEXT,
    "lease_until" TIMESTAMPTZ(3),
    "available_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "stop_requested_at" TIMESTAMPTZ(3),
    "stop_requested_by" UUID,
    "usage" JSONB,
    "correlation_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "reply_jobs_pkey" PRIMARY KEY ("message_id")
);

-- CreateTable
CREATE TABLE "reply_versions" (
    "message_id" UUID NOT NULL,
    "attempt" INTEGER NOT NULL,
    "content" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "model" TEXT,
    "usage" JSONB,
    "finished_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "reply_versions_pkey" PRIMARY KEY ("message_id","attempt")
);

-- CreateTable
CREATE TABLE "private_replies" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "room_id" UUID NOT NULL,
    "content" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "private_replies_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ai_usage" (
    "user_id" UUID NOT NULL,
    "day" DATE NOT NULL,
    "tokens" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "ai_usage_pkey" PRIMARY KEY ("user_id","day")
);

-- CreateIndex
CREATE UNIQUE INDEX "users_username_key" ON "users"("username");

-- CreateIndex
CREATE INDEX "sessions_user_id_idx" ON "sessions"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "refresh_tokens_hash_key" ON "refresh_tokens"("hash");

-- CreateIndex
CREATE INDEX "refresh_tokens_session_id_idx" ON "refresh_tokens"("session_id");

-- CreateIndex
CREATE UNIQUE INDEX "rooms_direct_key_key" ON "rooms"("direct_key");

-- CreateIndex
CREATE INDEX "rooms_visibility_id_idx" ON "rooms"("visibility", "id");

-- CreateIndex
CREATE INDEX "room_members_user_id_idx" ON "room_members"("user_id");

-- CreateIndex
CREATE INDEX "room_members_room_id_rev_idx" ON "room_members"("room_id", "rev");

-- CreateIndex
CREATE UNIQUE INDEX "characters_handle_key" ON "characters"("handle");

-- CreateIndex
CREATE INDEX "room_characters_room_id_rev_idx" ON "room_characters"("room_id", "rev");

-- CreateIndex
CREATE INDEX "messages_search_idx" ON "messages" USING GIN ("search");

-- CreateIndex
CREATE UNIQUE INDEX "messages_room_id_seq_key" ON "messages"("room_id", "seq");

-- CreateIndex
CREATE UNIQUE INDEX "messages_room_id_rev_key" ON "messages"("room_id", "rev");

-- CreateIndex
CREATE UNIQUE INDEX "messages_room_id_author_id_client_id_key" ON "messages"("room_id", "author_id", "client_id");

-- CreateIndex
CREATE INDEX "private_replies_user_id_created_at_idx" ON "private_replies"("user_id", "created_at");

-- AddForeignKey
ALTER TABLE "users" ADD CONSTRAINT "users_username_fkey" FOREIGN KEY ("username") REFERENCES "handles"("handle") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "sessions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "room_counters" ADD CONSTRAINT "room_counters_room_id_fkey" FOREIGN KEY ("room_id") REFERENCES "rooms"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "room_members" ADD CONSTRAINT "room_members_room_id_fkey" FOREIGN KEY ("room_id") REFERENCES "rooms"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "room_members" ADD CONSTRAINT "room_members_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "characters" ADD CONSTRAINT "characters_handle_fkey" FOREIGN KEY ("handle") REFERENCES "handles"("handle") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "characters" ADD CONSTRAINT "characters_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "room_characters" ADD CONSTRAINT "room_characters_room_id_fkey" FOREIGN KEY ("room_id") REFERENCES "rooms"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "room_characters" ADD CONSTRAINT "room_characters_character_id_fkey" FOREIGN KEY ("character_id") REFERENCES "characters"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "messages" ADD CONSTRAINT "messages_room_id_fkey" FOREIGN KEY ("room_id") REFERENCES "rooms"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reply_jobs" ADD CONSTRAINT "reply_jobs_message_id_fkey" FOREIGN KEY ("message_id") REFERENCES "messages"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reply_versions" ADD CONSTRAINT "reply_versions_message_id_fkey" FOREIGN KEY ("message_id") REFERENCES "messages"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "private_replies" ADD CONSTRAINT "private_replies_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- From here on: what a Prisma schema cannot express. Prisma ignores it when it compares schema and database.

-- Every write to a room updates its counter row. Free space on the page lets that stay a heap-only update, without index writes.
ALTER TABLE "room_counters" SET (fillfactor = 50);
-- Sending and reading move last_read_seq; a worker renews its lease every few seconds. Neither touches an index.
ALTER TABLE "room_members" SET (fillfactor = 80);
ALTER TABLE "reply_jobs" SET (fillfactor = 70);

-- Replies in progress in a room: usable by `status in ('queued', 'streaming')`, written as constants.
CREATE INDEX "messages_in_progress_idx" ON "messages"("room_id") WHERE "status" IN ('queued', 'streaming');
-- The sweep: usable by `state <> 'done'`. Unfinished jobs are few, so the lease is not a column of it and renewing one stays cheap.
CREATE INDEX "reply_jobs_unfinished_idx" ON "reply_jobs"("available_at") WHERE "state" <> 'done';
CREATE INDEX "reply_jobs_unfinished_room_idx" ON "reply_jobs"("room_id") WHERE "state" <> 'done';

ALTER TABLE "rooms"
    ADD CONSTRAINT "rooms_visibility_check" CHECK ("visibility" IN ('public', 'private', 'direct')),
    ADD CONSTRAINT "rooms_direct_key_check" CHECK (("visibility" = 'direct') = ("direct_key" IS NOT NULL)),
    ADD CONSTRAINT "rooms_member_count_check" CHECK ("member_count" >= 0),
    ADD CONSTRAINT "rooms_rev_check" CHECK ("rev" > 0);

ALTER TABLE "room_counters"
    ADD CONSTRAINT "room_counters_last_seq_check" CHECK ("last_seq" >= 0),
    ADD CONSTRAINT "room_counters_members_rev_check" CHECK ("members_rev" >= 0 AND "last_rev" >= "members_rev");

ALTER TABLE "room_members"
    ADD CONSTRAINT "room_members_role_check" CHECK ("role" IN ('owner', 'moderator', 'member')),
    ADD CONSTRAINT "room_members_rev_check" CHECK ("rev" > 0),
    ADD CONSTRAINT "room_members_left_rev_check" CHECK ("left_rev" = "rev"),
    ADD CONSTRAINT "room_members_last_read_seq_check" CHECK ("last_read_seq" >= 0);

ALTER TABLE "room_characters"
    ADD CONSTRAINT "room_characters_auto_reply_check" CHECK ("auto_reply" IN ('mention', 'always')),
    ADD CONSTRAINT "room_characters_rev_check" CHECK ("rev" > 0),
    ADD CONSTRAINT "room_characters_left_rev_check" CHECK ("left_rev" = "rev"),
    ADD CONSTRAINT "room_characters_joined_seq_check" CHECK ("joined_seq" >= 0);

ALTER TABLE "messages"
    ADD CONSTRAINT "messages_seq_check" CHECK ("seq" > 0),
    ADD CONSTRAINT "messages_rev_check" CHECK ("rev" > 0),
    ADD CONSTRAINT "messages_kind_check" CHECK ("kind" IN ('text', 'reply', 'system')),
    ADD CONSTRAINT "messages_author_type_check" CHECK ("author_type" IN ('user', 'character', 'system')),
    ADD CONSTRAINT "messages_author_id_check" CHECK (("author_type" = 'system') = ("author_id" IS NULL)),
    ADD CONSTRAINT "messages_status_check" CHECK ("status" IN ('queued', 'streaming', 'complete', 'stopped', 'failed')),
    ADD CONSTRAINT "messages_reply_check" CHECK (("kind" = 'reply') = ("status" IS NOT NULL)),
    ADD CONSTRAINT "messages_attempt_check" CHECK ("attempt" >= 0);

ALTER TABLE "reply_jobs"
    ADD CONSTRAINT "reply_jobs_state_check" CHECK ("state" IN ('queued', 'streaming', 'done')),
    -- Without a lease, no sweep would ever find it again.
    ADD CONSTRAINT "reply_jobs_lease_check" CHECK ("state" <> 'streaming' OR "lease_until" IS NOT NULL),
    ADD CONSTRAINT "reply_jobs_attempt_check" CHECK ("attempt" >= 0),
    ADD CONSTRAINT "reply_jobs_tries_check" CHECK ("tries" >= 0);

ALTER TABLE "reply_versions"
    ADD CONSTRAINT "reply_versions_status_check" CHECK ("status" IN ('complete', 'stopped', 'failed')),
    ADD CONSTRAINT "reply_versions_attempt_check" CHECK ("attempt" >= 0);

ALTER TABLE "private_replies"
    ADD CONSTRAINT "private_replies_status_check" CHECK ("status" IN ('queued', 'streaming', 'complete', 'stopped', 'failed'));

ALTER TABLE "ai_usage"
    ADD CONSTRAINT "ai_usage_tokens_check" CHECK ("tokens" >= 0);
