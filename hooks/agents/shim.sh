#!/bin/sh
# stintd hook: @MARK@
# An AI agent calls it with HOST and EVENT (or its shell reads it), with the agent's message on standard input. It writes
# one file for stintd and ends. `stint hooks uninstall HOST` removes the calls to it from the agent's settings.
#
# It prints nothing, waits for nobody and always exits with 0: an agent takes 2 for "stop", and shows any other status to
# people. It writes the first part of the file's first line at once. A child process copies the message, of any size, and
# nobody waits for it: the shell would read a pipe byte by byte, and waiting for a process costs more than all the rest.
[ "${ZSH_VERSION-}" ] && emulate sh
[ "${2-}" ] || exit 0
[ -t 0 ] && exit 0
stint_file=@SPOOL@/agent-$1.$$
stint_odd='%	
'
# What the environment says about the agent: whether this is CI, how it was started, an editor around it.
stint_more='	'$2'	parent='$PPID'	ci='${CI-}'	entry='${CLAUDE_CODE_ENTRYPOINT-}'	editor='${VSCODE_PID-}

stint_child() {
	# The agent's terminal (0: none) and its start time, if the kernel reports them.
	read -r stint_stat <"/proc/$PPID/stat"
	set -f
	set -- ${stint_stat##*) }
	printf '\ttty=%s\tstarted=%s\n' "${5-}" "${20-}"
	PATH=${PATH-}:/usr/bin:/bin
	exec cat
}

# One file for each event, because its time is the event's time; noclobber, because a process number may be used again
# before stintd has read its file.
set -C
case $PWD$stint_more in
*'	'*'	'*'	'*'	'*'	'*'	'* | *[%"
"]*) ;;
*)
	{ printf %s "v1	agent-$1	$$	$PWD$stint_more" && { stint_child <&3 & } } 2>/dev/null 3<&0 >"$stint_file" && exit 0
	;;
esac

# The folder, with characters that would break the line escaped; in the rest they are removed.
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

# The first free name. Ten events of one process number may wait; after that, the second distinguishes them.
for stint_next in '' .1 .2 .3 .4 .5 .6 .7 .8 .9 last; do
	[ "$stint_next" = last ] && stint_next=.$(date +%s)
	if [ -e "$stint_file$stint_next" ]; then continue; fi
	{ printf %s "$stint_line" && { stint_child <&3 & } } 2>/dev/null 3<&0 >"$stint_file$stint_next" && break
	# Without a message there is nothing to write, and on a full disk nowhere to write it.
	[ -e "$stint_file$stint_next" ] || break
done 2>/dev/null
exit 0
