#!/bin/sh
# check.sh DIR: plays every file that record.py left in DIR/files with the host in DIR, and lists the operators they call.
set -eu
cd "$1"
: > operators.part
for file in files/*.ts; do
    ./host "$file"
    for given in "${file%.ts}".*.in.f32; do
        name=${given%.in.f32}
        for block in 2048 8192; do
            ./host "$file" compare "${name##*.}" "$block" "$given" "$name.out.f32"
        done
    done
    ./host "$file" run forward 2048 50
    ./host "$file" operators >> operators.part
done
LC_ALL=C sort -u operators.part > operators.txt
rm operators.part
echo "every file plays; $(wc -l < operators.txt) operators are in $PWD/operators.txt"
