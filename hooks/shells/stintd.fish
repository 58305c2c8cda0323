# stintd: reports that a command has ended, and its folder; never which command it was.
# `stint hooks uninstall shell` removes it.
#
# An interactive fish reads it; in any other shell it does nothing. It uses only builtins and starts no process. An empty
# prompt counts for nothing; without a spool folder it does nothing. In a shell started by an AI agent it is silent: the
# agent's own hooks report it.
status is-interactive; or exit 0
test -z "$CLAUDECODE$AI_AGENT$CODEX_THREAD_ID$CODEX_SANDBOX$GEMINI_CLI$COPILOT_CLI$CURSOR_AGENT"; or exit 0
test -z "$OPENCODE$CLINE_ACTIVE$AUGMENT_AGENT"; or exit 0

set -g __stintd_spool @SPOOL@
set -g __stintd_folder

function __stintd_preexec --on-event fish_preexec
    string match -qr '\S' -- $argv; and set -g __stintd_folder "$PWD"
end

# For the folder the command was given in. If the file cannot be written, as on a full disk, fish itself prints an error,
# which cannot be suppressed: so never try twice.
function __stintd_postexec --on-event fish_postexec
    test -n "$__stintd_folder"; and test -d "$__stintd_spool" -a -w "$__stintd_spool"; or return
    set -l folder (string replace -a % %25 -- $__stintd_folder)
    set folder (string join %0A -- (string replace -a \t %09 -- $folder))
    set -g __stintd_folder
    set -l file $__stintd_spool/shell.$fish_pid.(random 1 2000000000)
    printf 'v1\tshell\t%s\t%s\tfish\n' $fish_pid $folder 2>/dev/null >>$file
    or set -g __stintd_spool
end
