# Into ~/.zshrc. Shows the current timer at the right, by %9v; move it into PROMPT if you like. No program is started.
zmodload -F zsh/datetime p:EPOCHSECONDS
autoload -Uz add-zsh-hook
stint_line() {
    local line until
    psvar[9]=
    [[ -r @STATUS@ ]] && IFS= read -r line <@STATUS@ || return 0
    until=${line##* }
    [[ $until == <-> ]] && (( until > EPOCHSECONDS )) && psvar[9]=${line% *}
    return 0
}
add-zsh-hook precmd stint_line
RPROMPT="%F{244}%9v%f${RPROMPT:+ $RPROMPT}"
