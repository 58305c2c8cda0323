#!/bin/sh
# stintd hook: @MARK@
# Leaves one small file for stintd and ends; what was installed here before runs afterwards, unchanged.
# `stint hooks uninstall git` puts everything back as it was.
#
# Shell builtins only: every process started here would cost more than the rest of the hook. It prints nothing, waits for
# nobody and never fails git. It reads no standard input, which belongs to the hook that runs afterwards.
stint_kind=@KIND@
stint_spool=@SPOOL@
stint_tab='	'
stint_odd='%	
'

# What git tells this hook. Never a commit message, and never a remote's URL: it may hold a password.
case $stint_kind in
post-checkout) stint_line=$stint_tab${1-}$stint_tab${2-}$stint_tab${3-} ;;
post-merge | post-rewrite) stint_line=$stint_tab${1-} ;;
pre-push)
	case ${1-} in
	*[:/@]*) stint_line=$stint_tab ;;
	*) stint_line=$stint_tab${1-} ;;
	esac
	;;
*) stint_line= ;;
esac

# Which larger command this is a step of: a rebase of twenty commits is one act.
if [ -d "${GIT_DIR:-.git}/rebase-merge" ] || [ -d "${GIT_DIR:-.git}/rebase-apply" ]; then
	stint_line=$stint_line${stint_tab}step=rebase
elif [ "${GIT_REFLOG_ACTION-}" ]; then
	stint_line=$stint_line${stint_tab}step=${GIT_REFLOG_ACTION%%[!a-z-]*}
fi

# Who acts: the variables agents set for the commands they run, never those their users set to configure them.
case ${CLAUDECODE-}${AI_AGENT-}${CODEX_THREAD_ID-}${CODEX_SANDBOX-}${GEMINI_CLI-}${COPILOT_CLI-}${CURSOR_AGENT-}${OPENCODE-}${CLINE_ACTIVE-}${AUGMENT_AGENT-} in
?*)
	stint_agent=${CLAUDECODE:+claude-code}
	stint_agent=${stint_agent:-${CODEX_THREAD_ID:+codex}}
	stint_agent=${stint_agent:-${CODEX_SANDBOX:+codex}}
	stint_agent=${stint_agent:-${GEMINI_CLI:+gemini}}
	stint_agent=${stint_agent:-${COPILOT_CLI:+copilot}}
	stint_agent=${stint_agent:-${CURSOR_AGENT:+cursor}}
	stint_agent=${stint_agent:-${OPENCODE:+opencode}}
	stint_agent=${stint_agent:-${CLINE_ACTIVE:+cline}}
	stint_agent=${stint_agent:-${AUGMENT_AGENT:+augment}}
	stint_line=$stint_line${stint_tab}agent=${stint_agent:-other}
	;;
esac
[ -t 2 ] && stint_line=$stint_line${stint_tab}tty=1

# The folder, escaped only when something in it would break the line.
stint_folder=$PWD
case $stint_folder in
*["$stint_odd"]*)
	stint_rest=$stint_folder
	stint_folder=
	while :; do
		stint_head=${stint_rest%%["$stint_odd"]*}
		stint_folder=$stint_folder$stint_head
		stint_rest=${stint_rest#"$stint_head"}
		case $stint_rest in
		'') break ;;
		%*) stint_folder=$stint_folder%25 ;;
		"$stint_tab"*) stint_folder=$stint_folder%09 ;;
		*) stint_folder=$stint_folder%0A ;;
		esac
		stint_rest=${stint_rest#?}
	done
	;;
esac
stint_line=v1$stint_tab$stint_kind$stint_tab$$$stint_tab$stint_folder$stint_line

# One file an act, because its time is the act's time. Noclobber: a process number may come again before stintd has read
# its file. A file that exists and is empty is what a full disk left.
{
	set -C
	for stint_next in '' .1 .2 .3 .4 .5 .6 .7 .8 .9 last; do
		stint_file=$stint_spool/$stint_kind.$$$stint_next
		if [ "$stint_next" = last ]; then
			printf '%s\tt=%s\n' "$stint_line" "$(date +%s)" >>"$stint_spool/$stint_kind.$$.9"
			break
		fi
		printf '%s\n' "$stint_line" >"$stint_file" && break
		[ -s "$stint_file" ] && continue
		printf '%s\n' "$stint_line" >>"$stint_file"
		break
	done
	set +C
} 2>/dev/null

# Beside this file and not under its own name ($0): other tools rename hooks they find.
stint_kept=${0%/*}/$stint_kind.before-stintd
[ -x "$stint_kept" ] && exec "$stint_kept" "$@"
exit 0
