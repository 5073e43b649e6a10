-- wrk's way to send a POST: the body that all generators of the comparison send.
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
local file = io.open((debug.getinfo(1, "S").source:sub(2):match("(.*/)") or "./") .. "body.json", "rb")
wrk.body = file:read("*a")
file:close()
