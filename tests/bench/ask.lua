-- SPDX-License-Identifier: MIT
-- One request of ASK_BODY to ASK_PATH again and again; at the end one line of figures.
wrk.method = "POST"
wrk.path = os.getenv("ASK_PATH")
wrk.body = os.getenv("ASK_BODY")
wrk.headers["Content-Type"] = "application/json"
wrk.headers["anthropic-version"] = "2023-06-01"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("MOONGATE_KEY")

function done(summary, latency)
    local e = summary.errors
    io.write(string.format("figures %d %d\n", summary.requests, e.connect + e.read + e.write + e.timeout + e.status))
end
