#!/bin/sh
# stintd hook: @MARK@
# Called with HOST and EVENT by an AI agent, or read by the shell it starts for that, with its message on standard input.
# Leaves one file for stintd and ends.
# `stint hooks uninstall HOST` takes the calls to it out of the agent's settings again.
#
# It prints nothing, waits for nobody and always ends with 0: agents take 2 for "stop", and show anything else to people.
# The first part of the file's first line is written at once. The message, which may be of any size, is copied by a child
# that nobody waits for: the shell would read a pipe byte by byte, and another process costs more than all the rest.
[ "${ZSH_VERSION-}" ] && emulate sh
[ "${2-}" ] || exit 0
[ -t 0 ] && exit 0
stint_file=@SPOOL@/agent-$1.$$
stint_odd='%	
'
# What the environment knows of the agent: a machine that builds, how it was started, an editor around it.
stint_more='	'$2'	parent='$PPID'	ci='${CI-}'	entry='${CLAUDE_CODE_ENTRYPOINT-}'	editor='${VSCODE_PID-}

stint_child() {
	# Its terminal (0: none) and when it began, where the kernel tells.
	read -r stint_stat <"/proc/$PPID/stat"
	set -f
	set -- ${stint_stat##*) }
	printf '\ttty=%s\tstarted=%s\n' "${5-}" "${20-}"
	PATH=${PATH-}:/usr/bin:/bin
	exec cat
}

# One file an event, because its time is the event's time; noclobber, because a process number may come again before
# stintd has read its file.
set -C
case $PWD$stint_more in
*'	'*'	'*'	'*'	'*'	'*'	'* | *[%"
"]*) ;;
*)
	{ printf %s "v1	agent-$1	$$	$PWD$stint_more" && { stint_child <&3 & } } 2>/dev/null 3<&0 >"$stint_file" && exit 0
	;;
esac

# The folder, with what would break the line escaped; the rest without what would.
stint_rest=$PWD
stint_folder=
while :; do
	stint_head=${stint_rest%%["$stint_odd"]*}
	stint_folder=$stint_folder$stint_head
	stint_rest=${stint_rest#"$stint_head"}
	case $stint_rest in
	'') break ;;
	%*) stint_folder=$stint_folder%25 ;;
	'	'*) stint_folder=$stint_folder%09 ;;
	*) stint_folder=$stint_folder%0A ;;
	esac
	stint_rest=${stint_rest#?}
done
stint_more='	'$2'	parent='$PPID
[ "${CI-}" ] && stint_more=$stint_more'	ci=1'
case ${CLAUDE_CODE_ENTRYPOINT-} in *[!a-z0-9_-]*) ;; *) stint_more=$stint_more'	entry='${CLAUDE_CODE_ENTRYPOINT-} ;; esac
[ "${VSCODE_PID-}" ] && stint_more=$stint_more'	editor=1'
stint_line="v1	agent-$1	$$	$stint_folder$stint_more"

# The first free name. Ten events of one process number may wait; then the second tells them apart.
for stint_next in '' .1 .2 .3 .4 .5 .6 .7 .8 .9 last; do
	[ "$stint_next" = last ] && stint_next=.$(date +%s)
	if [ -e "$stint_file$stint_next" ]; then continue; fi
	{ printf %s "$stint_line" && { stint_child <&3 & } } 2>/dev/null 3<&0 >"$stint_file$stint_next" && break
	# Without a message there is nothing to tell, without room nowhere to tell it.
	[ -e "$stint_file$stint_next" ] || break
done 2>/dev/null
exit 0
