-- CreateTable
CREATE TABLE "audit_log" (
    "id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "event" TEXT NOT NULL,
    "actor_kind" TEXT NOT NULL,
    "actor_id" TEXT,
    "actor_name" TEXT,
    "session_id" UUID,
    "subject_kind" TEXT,
    "subject_id" TEXT,
    "subject_name" TEXT,
    "room_id" UUID,
    "address" TEXT,
    "correlation_id" TEXT,
    "detail" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "audit_log_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "audit_log_at_idx" ON "audit_log"("at");

-- CreateIndex
CREATE INDEX "audit_log_actor_id_id_idx" ON "audit_log"("actor_id", "id");

-- CreateIndex
CREATE INDEX "audit_log_subject_id_id_idx" ON "audit_log"("subject_id", "id");

-- CreateIndex
CREATE INDEX "audit_log_event_id_idx" ON "audit_log"("event", "id");

-- Entries stay as they were written. Two things may happen to one: the names of an account that was removed go out of it, and the sweep of
-- the log's own retention, which says who it is for the time of its transaction, deletes it.
CREATE FUNCTION "keep_audit_log"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF current_setting('parley.audit_retention', true) = 'on' THEN RETURN OLD; END IF;
  ELSIF (NEW.actor_name IS NULL OR NEW.actor_name IS NOT DISTINCT FROM OLD.actor_name)
    AND (NEW.subject_name IS NULL OR NEW.subject_name IS NOT DISTINCT FROM OLD.subject_name)
    AND to_jsonb(NEW) - 'actor_name' - 'subject_name' = to_jsonb(OLD) - 'actor_name' - 'subject_name' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER "audit_log_kept" BEFORE UPDATE OR DELETE ON "audit_log" FOR EACH ROW EXECUTE FUNCTION "keep_audit_log"();
