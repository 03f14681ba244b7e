-- Commands of bots: what a bot says that it has, and of which bot a message is a command. Processes of an earlier version write and read
-- neither.

CREATE TABLE "bot_commands" (
    "bot_id" UUID NOT NULL,
    "commands" JSONB NOT NULL,

    CONSTRAINT "bot_commands_pkey" PRIMARY KEY ("bot_id")
);

ALTER TABLE "bot_commands" ADD CONSTRAINT "bot_commands_bot_id_fkey" FOREIGN KEY ("bot_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE "messages" ADD COLUMN "command_bot_id" UUID;
