# stintd: reports that a command has ended, and its folder; never which command it was.
# `stint hooks uninstall shell` removes it.
#
# An interactive zsh reads it; in any other shell it does nothing. It uses only builtins and starts no process. An empty
# prompt counts for nothing; without a spool folder, or with a full disk, it does nothing. In a shell started by an AI agent
# it is silent: the agent's own hooks report it.
[[ -o interactive ]] || return 0
[[ -z ${CLAUDECODE-}${AI_AGENT-}${CODEX_THREAD_ID-}${CODEX_SANDBOX-}${GEMINI_CLI-}${COPILOT_CLI-}${CURSOR_AGENT-} ]] || return 0
[[ -z ${OPENCODE-}${CLINE_ACTIVE-}${AUGMENT_AGENT-} ]] || return 0

typeset -g __stintd_spool=@SPOOL@ __stintd_folder= __stintd_reported= __stintd_file=

# Called for every command except an empty one.
__stintd_preexec() {
	__stintd_folder=$PWD
}

# For the folder the command was given in. At most one file a second; a file that a full disk left empty is used again.
__stintd_precmd() {
	[[ -n ${__stintd_folder-} ]] || return 0
	emulate -L zsh
	local folder=$__stintd_folder now=${(%):-%D{%s}}
	__stintd_folder=
	[[ $now$folder != $__stintd_reported ]] || return 0
	__stintd_reported=$now$folder
	if [[ $folder == *[%$'\t\n']* ]]; then
		folder=${folder//\%/%25}
		folder=${folder//$'\t'/%09}
		folder=${folder//$'\n'/%0A}
	fi
	__stintd_file=${__stintd_file:-$__stintd_spool/shell.$$.$now}
	if { builtin printf 'v1\tshell\t%s\t%s\tzsh\n' $$ $folder >>$__stintd_file } 2>/dev/null; then
		__stintd_file=
	fi
	return 0
}

() {
	emulate -L zsh
	typeset -ga preexec_functions precmd_functions
	((${preexec_functions[(I)__stintd_preexec]})) || preexec_functions+=(__stintd_preexec)
	((${precmd_functions[(I)__stintd_precmd]})) || precmd_functions+=(__stintd_precmd)
}
