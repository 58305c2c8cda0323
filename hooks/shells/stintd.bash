# stintd: reports that a command has ended, and its folder; never which command it was.
# `stint hooks uninstall shell` removes it.
#
# An interactive bash 4.4 or later reads it; in any other shell it does nothing. It uses only builtins and starts no
# process. An empty prompt counts for nothing; without a spool folder, or with a full disk, it does nothing. In a shell
# started by an AI agent it is silent: the agent's own hooks report it.
case $- in *i*) ;; *) return 0 ;; esac
[ "${BASH_VERSION-}" ] || return 0
((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 404)) || return 0
[ -z "${CLAUDECODE-}${AI_AGENT-}${CODEX_THREAD_ID-}${CODEX_SANDBOX-}${GEMINI_CLI-}${COPILOT_CLI-}${CURSOR_AGENT-}" ] || return 0
[ -z "${OPENCODE-}${CLINE_ACTIVE-}${AUGMENT_AGENT-}" ] || return 0

__stintd_spool=@SPOOL@ __stintd_count= __stintd_folder=$PWD __stintd_reported= __stintd_file=

# Bash counts the commands it was given; an empty line is not counted.
__stintd_prompt() {
	local __stintd_status=$? __stintd_now='\#'
	__stintd_now=${__stintd_now@P}
	if [ "$__stintd_now" != "$__stintd_count" ]; then
		[ -z "$__stintd_count" ] || __stintd_tell
		__stintd_count=$__stintd_now
	fi
	__stintd_folder=$PWD
	return "$__stintd_status"
}

# For the folder the command was given in. At most one file a second; a file that a full disk left empty is used again.
__stintd_tell() {
	local __stintd_now
	builtin printf -v __stintd_now '%(%s)T' -1
	[ "$__stintd_now$__stintd_folder" != "$__stintd_reported" ] || return 0
	__stintd_reported=$__stintd_now$__stintd_folder
	case $__stintd_folder in
	*[%$'\t\n']*)
		__stintd_folder=${__stintd_folder//\%/%25}
		__stintd_folder=${__stintd_folder//$'\t'/%09}
		__stintd_folder=${__stintd_folder//$'\n'/%0A}
		;;
	esac
	__stintd_file=${__stintd_file:-$__stintd_spool/shell.$$.$__stintd_now}
	if { builtin printf 'v1\tshell\t%s\t%s\tbash\n' "$$" "$__stintd_folder" >>"$__stintd_file"; } 2>/dev/null; then
		__stintd_file=
	fi
}

case "${PROMPT_COMMAND[*]-}" in
*__stintd_prompt*) ;;
*)
	case $(declare -p PROMPT_COMMAND 2>/dev/null) in
	'declare -a'*) PROMPT_COMMAND+=(__stintd_prompt) ;;
	*) PROMPT_COMMAND=${PROMPT_COMMAND:+$PROMPT_COMMAND$'\n'}__stintd_prompt ;;
	esac
	;;
esac
