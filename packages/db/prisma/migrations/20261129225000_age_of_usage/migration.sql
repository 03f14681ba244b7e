-- For the sweep, which finds by its age what no limit and no report reads any more.

-- CreateIndex
CREATE INDEX "ai_usage_day_idx" ON "ai_usage"("day");

-- CreateIndex
CREATE INDEX "usage_counters_day_idx" ON "usage_counters"("day");
