-- The call that caused a job, beside `correlation_id`: a worker goes on with the trace of whoever asked.
ALTER TABLE "jobs" ADD COLUMN "traceparent" TEXT;
