# SPDX-License-Identifier: GPL-2.0-or-later
# Completion of ecemailctl for bash. What there is to complete comes from the
# command itself and from the driver, so nothing is listed twice.

# Slots as the driver has them, with their card when there are several, and the
# names of their modules as the daemon has them.
_ecemailctl_slots() {
	local devices=(/sys/class/ecom/ecom*) cards device
	[ -e "${devices[0]}" ] || return
	cards=$(printf '%s\n' "${devices[@]%s*}" | sort -u | wc -l)
	for device in "${devices[@]##*/ecom}"; do
		[ "$cards" != 1 ] || echo "K${device#*s}"
		echo "${device%s*}:K${device#*s}"
	done
	ecemailctl status --json 2>/dev/null |
		grep -o '"module_name":"[^"\\]\+"' | sed 's/.*:"//; s/"$//'
}

_ecemailctl_fields() {
	ecemailctl setup fields --json 2>/dev/null |
		sed -n 's/.*"field":"\([^"]*\)".*/\1=/p'
}

# Those of the lines of input that begin with what has been typed, as the shell quotes it.
_ecemailctl_offer() {
	local word quoted
	while IFS= read -r word; do
		printf -v quoted %q "$word"
		[[ $word != "$1"* && $quoted != "$1"* ]] || COMPREPLY+=("$quoted")
	done
}

_ecemailctl() {
	local cur=${COMP_WORDS[COMP_CWORD]} words=("${COMP_WORDS[@]}") cword=$COMP_CWORD command

	# the shell takes 0:K1 and Port=25 for three words each
	if declare -F _get_comp_words_by_ref >/dev/null; then
		_get_comp_words_by_ref -n := cur words cword
	fi
	command=${words[1]}
	COMPREPLY=()
	if [ "$command" = setup ] && [ "${words[2]}" = import ] && [ "$cword" -gt 2 ]; then
		compopt -o default 2>/dev/null
		return
	fi
	_ecemailctl_offer "$cur" < <(
		if [ "$cword" = 1 ]; then
			ecemailctl --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
		elif [[ $cur == -* ]]; then
			ecemailctl "$command" --help 2>/dev/null | grep -oE -- '--[a-z-]+' | sort -u
		elif [ "$command" = setup ] && [ "$cword" = 2 ]; then
			printf '%s\n' show set restore edit export import fields
		elif [ "$command" = credential ] && [ "$cword" = 2 ]; then
			echo set
		else
			_ecemailctl_slots
			[ "$command ${words[2]}" != "setup set" ] || _ecemailctl_fields
		fi
	)
	[[ ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null
	if declare -F __ltrim_colon_completions >/dev/null; then
		__ltrim_colon_completions "$cur"
	fi
}

complete -F _ecemailctl ecemailctl
