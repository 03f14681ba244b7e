-- Bots: accounts without a password, which belong to a person and act by keys.

ALTER TABLE "users" ADD COLUMN "owner_id" UUID;

ALTER TABLE "users" ADD CONSTRAINT "users_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

CREATE INDEX "users_owner_id_idx" ON "users"("owner_id") WHERE "owner_id" IS NOT NULL;
