-- CreateTable
CREATE TABLE "mcp_servers" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "name_key" TEXT NOT NULL,
    "url" TEXT,
    "command" TEXT,
    "header_name" TEXT,
    "header_value" TEXT,
    "trusted" BOOLEAN NOT NULL DEFAULT false,
    "tools" JSONB NOT NULL DEFAULT '[]',
    "problem" TEXT,
    "checked_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "mcp_servers_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "character_mcp_servers" (
    "character_id" UUID NOT NULL,
    "server_id" UUID NOT NULL,
    "all_tools" BOOLEAN NOT NULL DEFAULT true,
    "tools" TEXT[] DEFAULT ARRAY[]::TEXT[],

    CONSTRAINT "character_mcp_servers_pkey" PRIMARY KEY ("character_id","server_id")
);

-- CreateIndex
CREATE UNIQUE INDEX "mcp_servers_name_key_key" ON "mcp_servers"("name_key");

-- CreateIndex
CREATE INDEX "character_mcp_servers_server_id_idx" ON "character_mcp_servers"("server_id");

-- AddForeignKey
ALTER TABLE "character_mcp_servers" ADD CONSTRAINT "character_mcp_servers_character_id_fkey" FOREIGN KEY ("character_id") REFERENCES "characters"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "character_mcp_servers" ADD CONSTRAINT "character_mcp_servers_server_id_fkey" FOREIGN KEY ("server_id") REFERENCES "mcp_servers"("id") ON DELETE CASCADE ON UPDATE CASCADE;
