# history.py JOURNAL RECORDS: makes a stopped daemon's journal, in which one campaign was delivered once, into one of that
# many records, as if it had been delivered again and again and the daemon were killed then.

import ctypes
import json
import os
import sqlite3
import subprocess
import sys
import tempfile

path, wanted = sys.argv[1], int(sys.argv[2])

# FNV-1a as docs/journal.md has it; Python would take longer for it than for all the rest.
source = r"""
#include <stddef.h>
#include <stdint.h>
int64_t sum(int64_t sequence, int64_t at, int64_t format, const unsigned char *body, size_t length) {
    uint64_t sum = 0xCBF29CE484222325u, numbers[3] = {sequence, at, format};
    for (int i = 0; i < 24; i++) sum = (sum ^ (numbers[i / 8] >> i % 8 * 8 & 0xFF)) * 0x100000001B3u;
    while (length--) sum = (sum ^ *body++) * 0x100000001B3u;
    return (int64_t)sum;
}
"""
with tempfile.TemporaryDirectory() as directory:
    library = os.path.join(directory, "sum.so")
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-x", "c", "-o", library, "-"], input=source.encode(), check=True)
    function = ctypes.CDLL(library).sum
function.restype = ctypes.c_int64
function.argtypes = [ctypes.c_int64] * 3 + [ctypes.c_char_p, ctypes.c_size_t]


def checksum(sequence, at, form, body):
    return function(sequence, at, form, body, len(body))


database = sqlite3.connect(path)
# The delivery: everything about occurrence 1, which call 1 was for.
delivery = database.execute(
    "SELECT at, format, call, CAST(body AS TEXT) FROM records JOIN subjects USING (sequence) WHERE occurrence = 1 ORDER BY sequence"
).fetchall()
sequence, = database.execute("SELECT max(sequence) FROM records").fetchone()
[(body,)] = database.execute("SELECT body FROM snapshot").fetchall()
state = json.loads(body)
campaign = state["campaigns"]["_columns"]["names"]
number = 1
snapshot = None
while sequence < wanted:
    # A start folds what came after the newest snapshot: a snapshot is stored every 500 records.
    if snapshot is None and sequence + 480 >= wanted:
        snapshot = sequence
        state["nextCall"] = state["nextOccurrence"] = number + 1
        state["campaigns"]["_others"][campaign]["last"]["id"] = number
    number += 1
    for at, form, call, text in delivery:
        for name in ["id", "call", "occurrence"]:
            text = text.replace(f'"{name}":1,', f'"{name}":{number},').replace(f'"{name}":1}}', f'"{name}":{number}}}')
        body = text.replace('"1.1"', f'"{number}.1"').encode()
        sequence += 1
        database.execute(
            "INSERT INTO records (sequence, at, format, call, is_passing, checksum, body) VALUES (?, ?, ?, ?, 0, ?, ?)",
            (sequence, at, form, call and number, checksum(sequence, at, form, body), body))
        database.execute("INSERT INTO subjects VALUES (?, ?, ?)", (sequence, number, campaign))
    database.execute("INSERT INTO occurrences VALUES (?, ?, NULL, 0, ?)", (number, campaign, delivery[-1][0]))
body = json.dumps(state, separators=(",", ":"), sort_keys=True).encode()
database.execute(
    "UPDATE snapshot SET sequence = ?, checksum = ?, body = ?", (snapshot, checksum(snapshot, 0, 0, body), body))
database.execute("UPDATE status SET is_clean = 0")
database.commit()
