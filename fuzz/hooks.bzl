# SPDX-License-Identifier: MIT OR Apache-2.0
"""Of a module, the hooks that its fuzzer and its test define themselves, as keel.c has to be told. (Scripts read this file, too: it is Python.)"""

HOOKS = {
    "cpu": ["-DKEEL_LOCKS=1"],
    "vmalloc": ["-DKEEL_MAPS=1"],
}
