-- CreateTable
CREATE TABLE "instance_settings" (
    "name" TEXT NOT NULL,
    "value" JSONB NOT NULL,
    "changed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "changed_by" UUID,

    CONSTRAINT "instance_settings_pkey" PRIMARY KEY ("name")
);
