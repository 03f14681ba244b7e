-- Characters that answer in turn, and those that speak when they have something to say. Processes of an earlier version let both be silent.

ALTER TABLE "room_characters" DROP CONSTRAINT "room_characters_auto_reply_check",
  ADD CONSTRAINT "room_characters_auto_reply_check" CHECK ("auto_reply" IN ('mention', 'always', 'turn', 'ambient'));
