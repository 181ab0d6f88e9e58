#!/bin/sh
# Starts one training. What is set from outside is left as it is.
set -eu

# A trial has a core to itself; libraries that start threads of their own would take it from its neighbours.
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
export OPENBLAS_NUM_THREADS="${OPENBLAS_NUM_THREADS:-1}"
export MKL_NUM_THREADS="${MKL_NUM_THREADS:-1}"

# The Python of Robyn's optimiser, which is not ours.
export RETICULATE_PYTHON="${RETICULATE_PYTHON:-/opt/robyn/bin/python}"

# Where this is set, R starts two processes at most, however many cores there are.
unset _R_CHECK_LIMIT_CORES_

# The machine code kept in the image needs AVX2. Without it, compile for the processor that is here.
if [ -n "${NUMBA_CPU_NAME:-}" ] && ! grep -qw avx2 "${MMM_CPUINFO:-/proc/cpuinfo}"; then
  unset NUMBA_CPU_NAME NUMBA_CPU_FEATURES
fi

# Takes this process's place, so that a SIGTERM reaches it.
exec python -m engine.training_job "$@"
