"""Reads a Newswire over server-sent events. Written from docs/PROTOCOL.md alone, with the standard library only.

    python3 examples/client.py http://127.0.0.1:3000 ['section=World&after=head'] [CURSOR_FILE]

Prints one JSON object per line: each event once and in order, also when the connection breaks or the server crashes.
With CURSOR_FILE the next run continues where this one stopped.
"""
import http.client
import json, os, random, sys, time
from urllib.parse import urlsplit

base = urlsplit(sys.argv[1])
query = sys.argv[2] if len(sys.argv) > 2 else ""
cursor_file = sys.argv[3] if len(sys.argv) > 3 else None
cursor = open(cursor_file).read() if cursor_file and os.path.exists(cursor_file) else None
backoff = 0.5


def get(path, headers):
    kind = http.client.HTTPSConnection if base.scheme == "https" else http.client.HTTPConnection
    connection = kind(base.netloc, timeout=50)  # twice the longest time between two heartbeats
    connection.request("GET", base.path.rstrip("/") + path, headers=headers)
    return connection.getresponse()


def seq_of(text):
    return int(text.rpartition("-")[2])


def advance(new_cursor):
    global cursor, backoff
    cursor, backoff = new_cursor, 0.5
    if cursor_file:
        with open(cursor_file + ".new", "w") as file:
            file.write(cursor)
        os.replace(cursor_file + ".new", cursor_file)


def handle(event, block_id, data):
    """Applies one block. Returns the seconds to wait before the next connection, or None to read on."""
    message = json.loads(data) if data else {}
    if event == "bye":
        if message["code"] >= 4500:
            sys.exit(f"the server refuses this client: {message['reason']}")
        return message["retryAfterMs"] / 1000
    if event == "reset":
        filters = "&".join(part for part in query.split("&") if not part.startswith("after="))
        snapshot = json.load(get("/api/items?" + filters, {}))
        print(json.dumps({"op": "reset", "items": snapshot["items"]}), flush=True)
        advance(snapshot["cursor"])
        return 0
    if cursor and message.get("prev", 0) > seq_of(cursor):
        return 0  # An event is missing. Connect again from the cursor.
    if block_id and (cursor is None or seq_of(block_id) > seq_of(cursor)):
        if event == "item":
            print(json.dumps({key: message[key] for key in ("op", "seq", "item")}), flush=True)
        advance(block_id)  # After the event has been handled, never before.
    return None


while True:
    wait, fields = None, {}
    try:
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": cursor} if cursor else {})}
        with get("/events?" + query, headers) as stream:
            if stream.status == 400:
                sys.exit(stream.read().decode())
            while stream.status == 200 and wait is None and (line := stream.readline().decode()):
                if line == "\n":
                    wait, fields = handle(fields.get("event"), fields.get("id"), fields.get("data")), {}
                else:
                    name, _, value = line.rstrip("\n").partition(": ")
                    fields[name] = value
    except (OSError, http.client.HTTPException) as error:
        print(f"connection lost: {error!r}", file=sys.stderr)
    time.sleep(max(wait or 0, random.uniform(0, backoff)))
    backoff = min(30, 2 * backoff)
