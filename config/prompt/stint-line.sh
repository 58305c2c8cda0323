#!/bin/sh
# Prints the current timer from the file named by the first argument, while that file is valid: its last field is the epoch
# second until which it holds, so that nothing is shown after the daemon died. With `tmux` as second argument, each `#` is
# doubled, because tmux would interpret it.
IFS= read -r line 2>/dev/null <"$1" || exit 0
until=${line##* }
case $until in '' | *[!0-9]*) exit 0 ;; esac
[ "$until" -gt "$(date +%s)" ] || exit 0
line=${line% *}
if [ "${2-}" = tmux ]; then
    rest=$line line=
    while :; do
        case $rest in
        *'#'*) line="$line${rest%%'#'*}##" rest=${rest#*'#'} ;;
        *) line=$line$rest && break ;;
        esac
    done
fi
printf '%s\n' "$line"
