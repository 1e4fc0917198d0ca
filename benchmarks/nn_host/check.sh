#!/bin/sh
# check.sh DIR: plays every file that record.py left in DIR/files with the host in DIR, and lists the operators they call.
set -eu
cd "$1"
for file in files/*.ts; do
    ./host "$file"
    for method in forward encode decode; do
        for block in 2048 8192; do
            ./host "$file" compare "$method" "$block" "${file%.ts}.$method.in.f32" "${file%.ts}.$method.out.f32" | tail -1
        done
    done
    ./host "$file" run forward 2048 50 | tail -1
    ./host "$file" operators >> operators.part
done
LC_ALL=C sort -u operators.part > operators.txt
rm operators.part
echo "every file plays; $(wc -l < operators.txt) operators are in $PWD/operators.txt"
