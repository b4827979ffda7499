# SPDX-License-Identifier: GPL-2.0-or-later
# Completion of ecemailctl for bash. What there is to complete comes from the
# command itself and from the driver, so nothing is listed twice.

_ecemailctl_slots() {
	local device
	for device in /sys/class/ecom/ecom*; do
		[ -e "$device" ] || continue
		device=${device##*/ecom}
		echo "K${device#*s}"
	done | sort -u
}

_ecemailctl_fields() {
	ecemailctl setup fields --json 2>/dev/null |
		sed -n 's/.*"field":"\([^"]*\)".*/\1=/p'
}

_ecemailctl() {
	local current=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} words=

	if [ "$COMP_CWORD" = 1 ]; then
		words=$(ecemailctl --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
	elif [[ $current == -* ]]; then
		words=$(ecemailctl "$command" --help 2>/dev/null | grep -oE -- '--[a-z-]+' | sort -u)
	elif [ "$command" = setup ] && [ "$COMP_CWORD" = 2 ]; then
		words="show set restore edit export import fields"
	elif [ "$command" = credential ] && [ "$COMP_CWORD" = 2 ]; then
		words=set
	elif [ "$command" = setup ] && [ "${COMP_WORDS[2]}" = import ]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
	else
		words=$(_ecemailctl_slots)
		if [ "$command" = setup ] && [ "${COMP_WORDS[2]}" = set ]; then
			words="$words $(_ecemailctl_fields)"
			compopt -o nospace 2>/dev/null
		fi
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _ecemailctl ecemailctl
