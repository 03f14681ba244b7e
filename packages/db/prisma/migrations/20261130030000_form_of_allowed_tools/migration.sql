-- What a tool was like when somebody allowed it always. Of rows that earlier versions write it is not known, so their tools of MCP servers are
-- asked about once more.

-- AlterTable
ALTER TABLE "tool_permissions" ADD COLUMN "form" TEXT;
