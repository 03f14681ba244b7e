-- users.search finds people by the beginning of either name, in every collation. Both are expressions, which schema.prisma does not know.
CREATE INDEX "users_username_prefix_idx" ON "users"(lower("username") text_pattern_ops);
CREATE INDEX "users_display_name_prefix_idx" ON "users"(lower("display_name") text_pattern_ops);
