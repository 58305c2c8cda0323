# Put this into ~/.config/fish/conf.d/stint.fish. It shows the current timer on the right. If you have a right prompt of your
# own, call stint_line in it.
function stint_line
    test -r @STATUS@; or return 0
    read -l line <@STATUS@; or return 0
    set -l until (string match -r '[0-9]+$' -- $line); or return 0
    test $until -gt (date +%s); or return 0
    string replace -r ' [0-9]+$' '' -- $line
end
if not functions -q fish_right_prompt
    function fish_right_prompt
        set_color brblack
        stint_line
        set_color normal
    end
end
