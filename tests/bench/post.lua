-- SPDX-License-Identifier: MIT
-- One chat request of about 500 bytes again and again; at the end one line of figures for bench.mjs. The key comes in MOONGATE_KEY.
wrk.method = "POST"
wrk.path = "/v1/chat/completions"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer " .. (os.getenv("MOONGATE_KEY") or "none")
wrk.body = '{"model":"fixed","messages":[{"role":"system","content":"You are a helpful assistant that answers in one paragraph."},'
    .. '{"role":"user","content":"' .. string.rep("Tell me about moon gates. ", 13) .. '"}],"temperature":0.7}'

function done(summary, latency)
    local e = summary.errors
    io.write(string.format("figures %d %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
        e.connect + e.read + e.write + e.timeout, e.status))
end
