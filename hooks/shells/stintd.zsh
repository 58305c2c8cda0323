# stintd: tells that a command was run in a folder, once it has ended; never which.
# `stint hooks uninstall shell` takes it away again.
#
# Read by an interactive zsh, in every other it does nothing. Builtins only: no process is started. An empty prompt counts
# for nothing; without a spool folder, or with a full disk, it does nothing. In a shell that an AI agent started it is
# silent: the agent's own hooks tell of it.
[[ -o interactive ]] || return 0
[[ -z ${CLAUDECODE-}${AI_AGENT-}${CODEX_THREAD_ID-}${CODEX_SANDBOX-}${GEMINI_CLI-}${COPILOT_CLI-}${CURSOR_AGENT-} ]] || return 0
[[ -z ${OPENCODE-}${CLINE_ACTIVE-}${AUGMENT_AGENT-} ]] || return 0

typeset -g __stintd_spool=@SPOOL@ __stintd_folder= __stintd_told= __stintd_file=

# Called for every command but an empty one.
__stintd_preexec() {
	__stintd_folder=$PWD
}

# In the folder the command was given in. One file a second at most; one that a full disk left empty is used again.
__stintd_precmd() {
	[[ -n ${__stintd_folder-} ]] || return 0
	emulate -L zsh
	local folder=$__stintd_folder now=${(%):-%D{%s}}
	__stintd_folder=
	[[ $now$folder != $__stintd_told ]] || return 0
	__stintd_told=$now$folder
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
