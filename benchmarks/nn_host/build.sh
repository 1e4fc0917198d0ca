#!/bin/sh
# build.sh DIR: libtorch 2.5.1 (the CPU part of PyTorch's wheel, 2 GB on disk) and the host that links it, both in DIR.
# Wants Python 3.11 or 3.12 (PYTHON names it), unzip and g++.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cd "$1"
if [ ! -d libtorch/torch ]; then
    "${PYTHON:-python3}" -m pip download --quiet --no-deps --dest wheels \
        torch==2.5.1 nvidia-cuda-runtime-cu12==12.4.127 nvidia-cuda-cupti-cu12==12.4.127
    for wheel in wheels/*.whl; do unzip -q -o "$wheel" -d libtorch; done
    rm -r wheels
fi
torch=$PWD/libtorch/torch
g++ -std=c++17 -O1 -D_GLIBCXX_USE_CXX11_ABI=0 "$here/host.cpp" -o host \
    -I"$torch/include" -I"$torch/include/torch/csrc/api/include" \
    -L"$torch/lib" -ltorch_cpu -lc10 -Wl,-rpath,"$torch/lib" -Wl,--allow-shlib-undefined
echo "$PWD/host"
