#!/bin/sh
# Prints the current timer out of the file named by the first argument, while the file may be believed: its last field is
# the epoch second until which it holds, so that the line of a daemon that died is not shown. With a second argument
# `tmux`, `#` is doubled, which tmux would take for its own.
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
