#!/bin/sh
# shellcheck disable=SC2046,SC2086  # lists of numbers are to be split
#
# Processes and what they started, told by /proc where there is one, else by ps. Read by guard.sh, apart.sh and
# end.sh.

# When a process was started, in the system's own count: tells it from another that got its number later.
born() {
  if [ -r /proc/self/stat ]; then
    line=
    { read -r line < "/proc/$1/stat"; } 2>/dev/null || return 0
    # The name of the program may hold blanks and brackets; what follows it does not.
    set -- ${line##*) }
    # A process that has ended and that nobody asked about is gone, too.
    [ "$1" = Z ] || echo "${20}"
  else
    ps -o lstart= -p "$1" 2>/dev/null | tr ' ' _
  fi
}

# Whether process $1 is the one that was started at $2, and runs.
lives() {
  [ -n "$1" ] && [ -n "$2" ] && [ "$(born "$1")" = "$2" ]
}

# `pid parent` of every process, one a line.
table() {
  if [ -r /proc/self/stat ]; then
    for stat in /proc/[0-9]*/stat; do
      line=
      { read -r line < "$stat"; } 2>/dev/null || continue
      set -- "${line%% *}" ${line##*) }
      [ "$2" = Z ] || echo "$1 $3"
    done
  else
    ps -axo pid=,ppid=
  fi
}

# The processes that $1 started and that still run.
children_of() {
  if [ -r "/proc/$1/task/$1/children" ]; then
    line=
    { read -r line < "/proc/$1/task/$1/children"; } 2>/dev/null
    echo "$line"
  else
    table | while read -r pid parent; do [ "$parent" = "$1" ] && echo "$pid"; done | tr '\n' ' '
  fi
}

# The processes named, and all that they and theirs started; but not this one.
trees() {
  found=" $* "
  all=$(table)
  grown=yes
  while [ -n "$grown" ]; do
    grown=
    while read -r pid parent; do
      case $found in
        *" $pid "*) ;;
        *" $parent "*) [ "$pid" = $$ ] || { found="$found$pid "; grown=yes; } ;;
      esac
    done <<END
$all
END
  done
  echo "$found"
}

# Those of a registry, `pid born` a line, that still run.
registered() {
  [ -r "$1" ] || return 0
  while read -r pid start; do
    if lives "$pid" "$start"; then echo "$pid"; fi
  done < "$1"
}

# End the processes named and all theirs, at once: they are stopped first, so that none starts another meanwhile.
end_trees() {
  [ $# -gt 0 ] || return 0
  kill -STOP $(trees "$@") 2>/dev/null
  kill -KILL $(trees "$@") 2>/dev/null
  return 0
}
