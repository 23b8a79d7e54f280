#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Exit codes of `interlock check`: 0 allow, 1 hold, 2 deny, 3 could not decide, 64 wrong usage.
set -uo pipefail

range="${INTERLOCK_RANGE:-}"
[ -n "$range" ] || range="${EVENT_RANGE:-HEAD}"
case "$range" in
  -*)
    echo "error: a range does not begin with a dash" >&2
    exit 64
    ;;
esac
read -r -a command <<<"${INTERLOCK_COMMAND:-interlock}"

"${command[@]}" check "$range" --format github
code=$?
"${command[@]}" check "$range" --format markdown >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
echo "decision=$code" >>"${GITHUB_OUTPUT:-/dev/null}"

# What could not be decided is no success, whatever is enforced.
if [ "$code" -ge 3 ]; then exit "$code"; fi
if [ "${INTERLOCK_ENFORCE:-true}" = "false" ]; then exit 0; fi
exit "$code"
