# SPDX-License-Identifier: MIT OR Apache-2.0
# Generated from proofs/manifest by proofs/table --bzl; do not edit.
GROUPS = [
    "bits_words",
    "bits_set",
    "page_ghost",
    "page_steps",
    "page_blocks",
    "page_ranges",
    "page_setup",
    "page_query",
    "page_check",
    "page_alloc",
    "page_free",
    "slab_index",
    "slab_objects",
    "slab_hot",
    "slab_pages",
    "slab_caches",
    "slab_calls",
    "slab_info",
]
