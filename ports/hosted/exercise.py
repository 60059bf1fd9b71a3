# SPDX-License-Identifier: MIT OR Apache-2.0
"""Work for python3 on another malloc; what it prints depends on nothing but the results.

usage: python3 exercise.py modules | rows N
"""
import collections
import concurrent.futures
import hashlib
import json
import pickle
import random
import re
import sqlite3
import subprocess
import sys
import threading
import xml.etree.ElementTree as tree
import zlib


def told(name, value):
    print(name, hashlib.sha256(repr(value).encode()).hexdigest()[:16], flush=True)


def documents(seed, n):
    rng = random.Random(seed)
    return [{"id": i, "words": ["w" * rng.randrange(1, 90) + str(rng.random()) for _ in range(rng.randrange(12))]} for i in range(n)]


def texts():
    docs = documents(1, 4000)
    text = json.dumps(docs)
    assert json.loads(text) == docs
    assert pickle.loads(pickle.dumps(docs)) == docs
    assert zlib.decompress(zlib.compress(text.encode())).decode() == text
    told("json", text)
    told("re", collections.Counter(m[1] for m in re.finditer(r'"(w+)0\.(?:\d)', text)).most_common(9))
    root = tree.Element("r")
    for d in docs:
        tree.SubElement(root, "d", id=str(d["id"])).text = " ".join(d["words"])
    told("xml", [len(e.text or "") for e in tree.fromstring(tree.tostring(root))])


def sizes():
    """Buffers up to 24 MiB grow, shrink and die in random order."""
    rng = random.Random(2)
    live = collections.deque()
    total = 0
    for _ in range(600):
        buffer = bytearray(rng.randrange(1 << rng.randrange(3, 24)))
        buffer.extend(b"x" * rng.randrange(1 << rng.randrange(3, 23)))
        del buffer[rng.randrange(len(buffer) + 1):]
        total += sum(buffer[-64:])
        live.append(buffer)
        if len(live) > 12:
            live.rotate(rng.randrange(12))
            live.popleft()
    told("sizes", total)


def threads():
    """What one thread makes another one lets go."""
    pipe = collections.deque()
    seen = [0] * 4

    def work(i):
        for d in documents(10 + i, 1500):
            pipe.append(json.dumps(d))
            seen[i] += len(json.loads(pipe.popleft())["words"]) >= 0
    crew = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for t in crew:
        t.start()
    # Children are forked while the others allocate.
    codes = [subprocess.run([sys.executable, "-c", f"raise SystemExit(len('x' * {i}))"], preexec_fn=lambda: None,
                            stderr=subprocess.DEVNULL).returncode for i in range(1, 9)]
    for t in crew:
        t.join()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        told("pool", list(pool.map(lambda i: zlib.crc32(json.dumps(documents(i, 50)).encode()), range(40))))
    told("threads", (seen, codes))


def rows(n):
    base = sqlite3.connect(":memory:")
    rng = random.Random(3)
    base.execute("create table t (id integer primary key, name text, n integer, note blob)")
    with base:
        base.executemany("insert into t values (?, ?, ?, ?)",
                         ((i, f"name {rng.randrange(n)}", rng.randrange(1000), b"b" * rng.randrange(200)) for i in range(n)))
    base.execute("create index by_name on t (name)")
    told("groups", base.execute("select n, count(*), sum(length(note)) from t group by n order by n").fetchall())
    told("join", base.execute("select count(*) from t a join t b on a.name = b.name where a.id < b.id").fetchall())
    with base:
        base.execute("update t set name = name || ' again' where n % 3 = 0")
        base.execute("delete from t where n % 7 = 0")
    base.execute("vacuum")
    print("rows", base.execute("select count(*) from t").fetchone()[0], base.execute("pragma integrity_check").fetchone()[0])


if sys.argv[1:2] == ["modules"]:
    texts()
    sizes()
    threads()
elif sys.argv[1:2] == ["rows"]:
    rows(int(sys.argv[2]))
else:
    sys.exit(__doc__)
