-- Apart from the new column, whose lock also holds up whoever reads.

-- In a room that an import made, everything that nobody of this server says above the line which tells so. That line is the last which
-- an import writes, so a line of the file that pretends to be it stands above it.
UPDATE "messages" m SET "imported" = true
FROM (
  SELECT "room_id", max("seq") AS "seq" FROM "messages"
  WHERE "kind" = 'system' AND ("system" ->> 'type' = 'imported' OR ("system" IS NULL
    AND "content" LIKE '% imported this room. What stands above was written elsewhere; names and times are those of the file.'))
  GROUP BY "room_id"
) brought
WHERE m."room_id" = brought."room_id" AND m."seq" < brought."seq" AND m."author_type" = 'system';
