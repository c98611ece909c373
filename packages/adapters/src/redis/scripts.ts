import { createHash } from 'node:crypto'
import type { RedisClient } from './client.ts'

/** A Lua script with one key. Redis runs it as one step; the server's clock is the only clock in it. */
export interface Script {
  readonly text: string
  readonly sha: string
}

function script(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}

/** Runs a script by its hash, and sends it whole to a server that does not know it yet. */
export async function runScript(
  client: RedisClient,
  { text, sha }: Script,
  key: string,
  ...args: (string | Buffer)[]
): Promise<unknown> {
  try {
    return await client.evalsha(sha, 1, key, ...args)
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
    return await client.eval(text, 1, key, ...args)
  }
}

const now = `local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000)`

/*
 * The key of a page cache is one hash for each thread: `v` the highest version known, `w` marks of writes in flight as
 * `token:endsAt,...`, `p:<page>` a finished page, `k:<page>` the right to build it as `token:endsAt`. Redis evicts a hash
 * whole and never in part, which is what makes losing it harmless.
 */

/** Before a commit: adds a mark and drops those that have ended. ARGV: token, life of the mark, life of the key. */
export const beginWrite = script(`${now}
local marks, kept = redis.call('HGET', KEYS[1], 'w'), ARGV[1] .. ':' .. (now + tonumber(ARGV[2]))
if marks then
  for token, ends in string.gmatch(marks, '([^:,]+):(%d+)') do
    if tonumber(ends) > now then kept = kept .. ',' .. token .. ':' .. ends end
  end
end
redis.call('HSET', KEYS[1], 'w', kept)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`)

/** After a commit: raises the version and takes the mark away. ARGV: token, version or 0, life of the key. */
export const endWrite = script(`${now}
if tonumber(ARGV[2]) > tonumber(redis.call('HGET', KEYS[1], 'v') or '0') then
  redis.call('HSET', KEYS[1], 'v', ARGV[2])
end
local marks, kept = redis.call('HGET', KEYS[1], 'w'), ''
if marks then
  for token, ends in string.gmatch(marks, '([^:,]+):(%d+)') do
    if token ~= ARGV[1] and tonumber(ends) > now then
      kept = kept .. (kept == '' and '' or ',') .. token .. ':' .. ends
    end
  end
  if kept == '' then redis.call('HDEL', KEYS[1], 'w') else redis.call('HSET', KEYS[1], 'w', kept) end
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`)

/** Whether a mark is alive; a writer that died leaves one behind, which ends here. Answers 1 or 0. */
export const isWriting = script(`${now}
local marks = redis.call('HGET', KEYS[1], 'w')
if not marks then return 0 end
for ends in string.gmatch(marks, ':(%d+)') do
  if tonumber(ends) > now then return 1 end
end
redis.call('HDEL', KEYS[1], 'w')
return 0`)

/**
 * Gives the right to build a page to one process. Answers 1 or 0. ARGV: page, token, life of the right, life of the key.
 * Rights that nobody used are swept once there are many.
 */
export const takeLease = script(`${now}
local field = 'k:' .. ARGV[1]
local taken = redis.call('HGET', KEYS[1], field)
if taken and tonumber(string.match(taken, ':(%d+)$')) > now then return 0 end
if redis.call('HLEN', KEYS[1]) > 40 then
  for _, name in ipairs(redis.call('HKEYS', KEYS[1])) do
    if string.sub(name, 1, 2) == 'k:' then
      local other = redis.call('HGET', KEYS[1], name)
      if tonumber(string.match(other, ':(%d+)$')) <= now then redis.call('HDEL', KEYS[1], name) end
    end
  end
  if redis.call('HLEN', KEYS[1]) > 40 then return 0 end
end
redis.call('HSET', KEYS[1], field, ARGV[2] .. ':' .. (now + tonumber(ARGV[3])))
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1`)

/**
 * Stores a page if the right to build it still stands and no newer version is known. Answers 1 or 0. ARGV: page, token,
 * version, body, most pages, a number that chooses what goes when there are too many, life of the key. Pages of an
 * older version are of no use and go first.
 */
export const fillPage = script(`local field = 'k:' .. ARGV[1]
local taken = redis.call('HGET', KEYS[1], field)
if not taken or string.match(taken, '^([^:]+):') ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[1], field)
local version = redis.call('HGET', KEYS[1], 'v')
if version and tonumber(version) > tonumber(ARGV[3]) then return 0 end
if redis.call('HEXISTS', KEYS[1], 'p:' .. ARGV[1]) == 0 or version ~= ARGV[3] then
  local pages = {}
  for _, name in ipairs(redis.call('HKEYS', KEYS[1])) do
    if string.sub(name, 1, 2) == 'p:' then pages[#pages + 1] = name end
  end
  if version ~= ARGV[3] then
    if #pages > 0 then redis.call('HDEL', KEYS[1], unpack(pages)) end
  elseif #pages >= tonumber(ARGV[5]) then
    redis.call('HDEL', KEYS[1], pages[tonumber(ARGV[6]) % #pages + 1])
  end
end
redis.call('HSET', KEYS[1], 'v', ARGV[3], 'p:' .. ARGV[1], ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[7])
return 1`)

/**
 * The rate limit of one subject. The key holds the moment at which its bucket is full again (the "theoretical arrival
 * time" of GCRA: ITU-T I.371; https://brandur.org/rate-limiting) and lives until then. Answers 0, or the ms to wait.
 * ARGV: ms for one unit, units wanted, ms for a whole bucket, and the time where it is not the server's own.
 * A hundredth of a ms forgives what division leaves behind, so that exactly a burst fits.
 */
export const takeRate = script(`local now = tonumber(ARGV[4])
if not now then
  local t = redis.call('TIME')
  now = t[1] * 1000 + t[2] / 1000
end
local perUnit, cost, perBucket = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + cost * perUnit
local wait = full - now - perBucket
if wait > math.min(0.01, perUnit / 1000) then return math.ceil(wait) end
redis.call('SET', KEYS[1], string.format('%.17g', full), 'PX', math.max(1, math.ceil(full - now)))
return 0`)
