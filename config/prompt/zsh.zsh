# Put this into ~/.zshrc. It shows the current timer on the right, as %9v; move that into PROMPT if you like. It starts no program.
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
