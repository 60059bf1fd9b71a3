#!/bin/bash -eu
# SPDX-License-Identifier: MIT OR Apache-2.0
# Builds the fuzzers for ClusterFuzzLite and OSS-Fuzz, which set CC, CXX, CFLAGS, CXXFLAGS, LIB_FUZZING_ENGINE, SRC and OUT.
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ -e fuzz ] || cd "$SRC/keel"
work=$(mktemp -d)
tools/dropin/generate --root . "$work"
tools/dropin/generate --root . --next "$work/next"
mkdir "$work/helpers"
# The models and the second copy of the code are not what is tested.
for source in fuzz/*_model.c fuzz/*_twin.c; do
    $CC -std=c11 -O2 -I"$work" -c "$source" -o "$work/helpers/$(basename "$source" .c).o"
done

for fuzzer in fuzz/*_fuzz.c; do
    name=$(basename "$fuzzer" .c)
    module=${name%_fuzz}
    dropin=$work
    ! grep -q "^next keel.c: core/$module.c\$" tools/dropin/parts.txt || dropin=$work/next
    hooks=$(sed -n "s/^ *\"$module\": \[\"\(.*\)\"\],\$/\1/p" fuzz/hooks.bzl)
    for source in "$dropin/keel.c" "$fuzzer"; do
        $CC $CFLAGS -std=c11 $hooks -I"$dropin" -c "$source" -o "$work/$(basename "$source" .c).o"
    done
    $CXX $CXXFLAGS "$work/keel.o" "$work/$name.o" "$work"/helpers/*.o $LIB_FUZZING_ENGINE -o "$OUT/$name"
    zip -q -j "$OUT/${name}_seed_corpus.zip" "fuzz/corpus/$module"/*
    printf '[libfuzzer]\nmax_len = 1200\n' >"$OUT/$name.options"
done
