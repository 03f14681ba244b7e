-- What each attempt at a reply was made from. Processes of an earlier version write none, so their replies have none.

CREATE TABLE "reply_receipts" (
    "reply_id" UUID NOT NULL,
    "attempt" INTEGER NOT NULL,
    "room_id" UUID NOT NULL,
    "receipt" JSONB NOT NULL,
    "earlier" TEXT,
    "earlier_up_to" INTEGER,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "reply_receipts_pkey" PRIMARY KEY ("reply_id","attempt")
);

-- What Prisma cannot express.

-- Who deletes a message looks for the texts that were made of it.
CREATE INDEX "reply_receipts_earlier_idx" ON "reply_receipts" ("room_id", "earlier_up_to") WHERE "earlier" IS NOT NULL;
