"""Runs a program in a terminal of its own and times what it paints: `painted.py COLUMNS ROWS COMMAND…`.

Each line on stdin is {"keys": text} or {"until": text}: the keys are sent, or the text is waited for. The answer is a line,
{"ms": until the last byte that was painted for it, "bytes": how many, "rss": MB of the program}. It ends with its stdin.
"""

import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios
import time

QUIET = 0.045  # Longer than a frame at 30 a second: what is painted later belongs to the next key.

columns, rows = int(sys.argv[1]), int(sys.argv[2])
started = time.perf_counter()
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[3], sys.argv[3:])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def resident():
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) / 1000 for line in status if line.startswith("VmRSS"))


def painted(since, quiet, until=None):
    seen, last = b"", since
    end = since + 120
    while time.perf_counter() < end:
        ready = select.select([terminal], [], [], quiet if until is None or until in seen else end - time.perf_counter())[0]
        if not ready:
            break
        try:
            seen += os.read(terminal, 1 << 16)
        except OSError:
            break
        last = time.perf_counter()
    return {"ms": (last - since) * 1000, "bytes": len(seen)}


try:
    for line in sys.stdin:
        asked = json.loads(line)
        if "until" in asked:
            answer = painted(started, 0.3, asked["until"].encode())
        else:
            at = time.perf_counter()
            os.write(terminal, asked["keys"].encode())
            answer = painted(at, 0.3 if asked.get("slow") else QUIET)
            if answer["bytes"] == 0:
                answer = painted(at, 2)
        print(json.dumps({**answer, "rss": resident()}), flush=True)
finally:
    os.kill(pid, 15)
    os.waitpid(pid, 0)
