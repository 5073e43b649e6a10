-- wrk's way to send a POST: the body that all generators of the comparison send, from the file that is named after "--".
function init(args)
  local file = assert(io.open(args[1], "rb"))
  wrk.method = "POST"
  wrk.headers["content-type"] = "application/json"
  wrk.body = file:read("*a")
  file:close()
end
