# Put this into ~/.bashrc. Before each prompt, $STINT_LINE holds the current timer; use it where you like:
#   PS1='${STINT_LINE:+[$STINT_LINE] }\w\$ '
stint_line() {
    local line until now
    STINT_LINE=
    IFS= read -r line 2>/dev/null <@STATUS@ || return 0
    until=${line##* }
    printf -v now '%(%s)T' -1 2>/dev/null || now=$(date +%s)
    [[ $until =~ ^[0-9]+$ && $until -gt $now ]] && STINT_LINE=${line% *}
    return 0
}
PROMPT_COMMAND="stint_line${PROMPT_COMMAND:+; $PROMPT_COMMAND}"
