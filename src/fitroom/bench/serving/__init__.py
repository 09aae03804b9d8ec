"""The server beside other servers: rates, latency and memory over HTTP."""
