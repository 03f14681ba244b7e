/** The sorted sets to renew, each with the members to renew in it. */
export type PresenceSets = Map<string, Set<string>>;

/**
 * Sets the score of members to now + ttl by Redis's clock, drops expired members of the same sets, and makes a set expire with its last
 * member. A longer expiry of a set stays, because an instance with another ttl may need it.
 *
 * KEYS: sets. ARGV: ttl in milliseconds, then for each set the number of its members and the members.
 */
export const renewScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ttl = tonumber(ARGV[1])
local at = 2
for _, key in ipairs(KEYS) do
  local count = tonumber(ARGV[at])
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
  for i = at + 1, at + count do
    redis.call('ZADD', key, now + ttl, ARGV[i])
  end
  if redis.call('PTTL', key) < ttl then
    redis.call('PEXPIRE', key, ttl)
  end
  at = at + count + 1
end`;

/** KEYS: one set. ARGV: the most members to return, -1 for all. Returns members that have not expired. */
export const liveScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return redis.call('ZRANGEBYSCORE', KEYS[1], string.format('(%.0f', now), '+inf', 'LIMIT', 0, ARGV[1])`;

/** Members per script: long enough to be worth a call, short enough (about a millisecond) not to hold up other clients. */
const batchSize = 500;

/** Cuts the sets into calls of {@link renewScript}, of at most `size` members each. */
export function* renewBatches(sets: PresenceSets, size: number = batchSize): Generator<{ keys: string[]; args: (string | number)[] }> {
  let keys: string[] = [];
  let args: (string | number)[] = [];
  let free = size;
  for (const [key, members] of sets) {
    const all = [...members];
    for (let from = 0; from < all.length;) {
      const part = all.slice(from, from + free);
      keys.push(key);
      args.push(part.length, ...part);
      from += part.length;
      free -= part.length;
      if (free === 0) {
        yield { keys, args };
        [keys, args, free] = [[], [], size];
      }
    }
  }
  if (keys.length > 0) yield { keys, args };
}
