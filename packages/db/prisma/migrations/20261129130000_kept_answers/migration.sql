-- Answers of calls that have an Idempotency-Key, for a day, so that a repeat is answered and not done.
CREATE TABLE "kept_answers" (
    "id" UUID NOT NULL,
    "request" BYTEA NOT NULL,
    "claim_id" UUID NOT NULL,
    "claimed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "status" INTEGER,
    "answer" BYTEA,
    CONSTRAINT "kept_answers_pkey" PRIMARY KEY ("id")
);
