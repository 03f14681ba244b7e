-- AlterTable
ALTER TABLE "jobs" ADD COLUMN     "reserved_cost" BIGINT NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "usage_counters" (
    "scope" TEXT NOT NULL,
    "id" UUID NOT NULL,
    "span" TEXT NOT NULL,
    "day" DATE NOT NULL,
    "tokens" BIGINT NOT NULL DEFAULT 0,
    "cost" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "usage_counters_pkey" PRIMARY KEY ("scope","id","span","day")
);

-- CreateTable
CREATE TABLE "usage_limits" (
    "scope" TEXT NOT NULL,
    "id" UUID NOT NULL,
    "day_tokens" BIGINT,
    "month_tokens" BIGINT,
    "day_cost" BIGINT,
    "month_cost" BIGINT,

    CONSTRAINT "usage_limits_pkey" PRIMARY KEY ("scope","id")
);

-- CreateTable
CREATE TABLE "usage_days" (
    "day" DATE NOT NULL,
    "user_id" UUID NOT NULL,
    "room_id" UUID NOT NULL,
    "character_id" UUID NOT NULL,
    "model" TEXT NOT NULL,
    "calls" INTEGER NOT NULL DEFAULT 0,
    "input_tokens" BIGINT NOT NULL DEFAULT 0,
    "cached_tokens" BIGINT NOT NULL DEFAULT 0,
    "output_tokens" BIGINT NOT NULL DEFAULT 0,
    "cost" BIGINT NOT NULL DEFAULT 0,
    "unpriced" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "usage_days_pkey" PRIMARY KEY ("day","user_id","room_id","character_id","model")
);

-- CreateIndex
CREATE INDEX "usage_days_user_id_day_idx" ON "usage_days"("user_id", "day");

-- CreateIndex
CREATE INDEX "usage_days_room_id_day_idx" ON "usage_days"("room_id", "day");

-- What Prisma cannot express.

ALTER TABLE "usage_counters"
    ADD CONSTRAINT "usage_counters_scope_check" CHECK ("scope" IN ('person', 'room', 'character', 'instance')),
    ADD CONSTRAINT "usage_counters_span_check" CHECK ("span" IN ('day', 'month')),
    ADD CONSTRAINT "usage_counters_check" CHECK ("tokens" >= 0 AND "cost" >= 0);

ALTER TABLE "usage_limits"
    ADD CONSTRAINT "usage_limits_scope_check" CHECK ("scope" IN ('person', 'room', 'character'));

-- What people have used so far counts on. Processes of an earlier version go on counting in `ai_usage`, which every process writes.
INSERT INTO "usage_counters" ("scope", "id", "span", "day", "tokens")
    SELECT 'person', "user_id", 'day', "day", "tokens" FROM "ai_usage" WHERE "tokens" > 0
    UNION ALL
    SELECT 'person', "user_id", 'month', date_trunc('month', "day")::date, sum("tokens") FROM "ai_usage"
        GROUP BY "user_id", date_trunc('month', "day") HAVING sum("tokens") > 0
    UNION ALL
    SELECT 'instance', '00000000-0000-0000-0000-000000000000', 'day', "day", sum("tokens") FROM "ai_usage"
        GROUP BY "day" HAVING sum("tokens") > 0
    UNION ALL
    SELECT 'instance', '00000000-0000-0000-0000-000000000000', 'month', date_trunc('month', "day")::date, sum("tokens") FROM "ai_usage"
        GROUP BY date_trunc('month', "day") HAVING sum("tokens") > 0;
