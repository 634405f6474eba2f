-- Registers users as several callers in turn. Arguments: the number of callers; the number of different users, after which the
-- first one follows again; and, optionally, the prefix of the Idempotency-Keys (one key per user).
local callers, users, key
local count = 0

function init(arguments)
  callers, users, key = tonumber(arguments[1]), tonumber(arguments[2]), arguments[3]
end

function request()
  local user = string.format("user%08d", count % users)
  local body = '{"username":"' .. user .. '","firstName":"Alice","lastName":"Archer","email":"' .. user
    .. '@example.com","group":"Staff","role":"user","app":"portal","uniqueId":"u-1","clientId":"c-1"}'
  local head = string.format("POST /users HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer caller-key-%05d\r\n"
    .. "Content-Type: application/json\r\nContent-Length: %d\r\n", count % callers, #body)
  if key then head = head .. "Idempotency-Key: " .. key .. user .. "\r\n" end
  count = count + 1
  return head .. "\r\n" .. body
end
