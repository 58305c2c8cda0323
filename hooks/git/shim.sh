#!/bin/sh
# stintd hook: @MARK@
# Writes one small file for stintd and ends; the hook that was here before runs afterwards, unchanged.
# `stint hooks uninstall git` restores everything.
#
# It uses only shell builtins: starting a process would cost more than all the rest. It prints nothing, waits for nobody
# and never makes git fail. It does not read standard input, which belongs to the hook that runs afterwards. The first half
# is enough for nearly every call and ends in `exit`, because a shell is faster when it need not parse the second half.
stint_file=@SPOOL@/@KIND@.$$
stint_kept=${0%/*}/@KIND@.before-stintd
stint_odd='%	
'
# A rebase of twenty commits counts once.
[ -d "${GIT_DIR:-.git}/rebase-merge" ] && stint_more='	step=rebase' || stint_more=
[ -t 2 ] && stint_more=$stint_more'	tty=1'
# Who runs git: variables that agents set for the commands they run, not those that users set to configure agents.
stint_who=${CLAUDECODE-}${AI_AGENT-}${CODEX_THREAD_ID-}${CODEX_SANDBOX-}${GEMINI_CLI-}${COPILOT_CLI-}${CURSOR_AGENT-}
case $stint_who${OPENCODE-}${CLINE_ACTIVE-}${AUGMENT_AGENT-}${GIT_REFLOG_ACTION-}$PWD in
*["$stint_odd"]*) ;;
"$PWD")
	# One file for each call, because its time is the time of the action; noclobber, because a process number may be used
	# again before stintd has read its file.
	set -C
	if { printf '%s\n' 'v1	@KIND@	'$$'	'"$PWD"@ARGS@"$stint_more" >"$stint_file"; } 2>/dev/null; then
		set +C
		[ -x "$stint_kept" ] && exec "$stint_kept" "$@"
		exit 0
	fi
	;;
esac

[ "${GIT_REFLOG_ACTION-}" ] && stint_more=$stint_more'	'during=${GIT_REFLOG_ACTION%%[!a-z-]*}
stint_agent=${CLAUDECODE:+claude-code}
stint_agent=${stint_agent:-${CODEX_THREAD_ID:+codex}}
stint_agent=${stint_agent:-${CODEX_SANDBOX:+codex}}
stint_agent=${stint_agent:-${GEMINI_CLI:+gemini}}
stint_agent=${stint_agent:-${COPILOT_CLI:+copilot}}
stint_agent=${stint_agent:-${CURSOR_AGENT:+cursor}}
stint_agent=${stint_agent:-${OPENCODE:+opencode}}
stint_agent=${stint_agent:-${CLINE_ACTIVE:+cline}}
stint_agent=${stint_agent:-${AUGMENT_AGENT:+augment}}
stint_agent=${stint_agent:-${AI_AGENT:+other}}
stint_more=$stint_more${stint_agent:+'	'agent=$stint_agent}

# The folder; characters that would break the line are escaped.
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
stint_line='v1	@KIND@	'$$'	'$stint_folder@ARGS@$stint_more

# The first free name; an existing file is used only if it is empty, left by a full disk. When ten files of one process
# number wait, the tenth takes all further lines, and each line carries its own time.
{
	set -C
	stint_done=
	for stint_next in '' .1 .2 .3 .4 .5 .6 .7 .8 .9; do
		printf '%s\n' "$stint_line" >"$stint_file$stint_next" && stint_done=1 && break
		[ -s "$stint_file$stint_next" ] && continue
		printf '%s\n' "$stint_line" >>"$stint_file$stint_next"
		stint_done=1
		break
	done
	[ "$stint_done" ] || printf '%s\tt=%s\n' "$stint_line" "$(date +%s)" >>"$stint_file.9"
	set +C
} 2>/dev/null
# The kept hook lies beside this file. Its name does not follow from this file's own name, because other tools rename hooks.
[ -x "$stint_kept" ] && exec "$stint_kept" "$@"
exit 0
