#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# tests/lint/links.sh BUILD-DIR: every symbol that a folder's library leaves undefined and that another folder of the house defines must
# belong to a folder that the arrows allow. The includes say what the source promises; this says what the linker found.
set -eu
build=$1

declare -A may=(
	[base]='' [grammar]='base' [ikev2]='base' [dataplane]='base' [net]='base'
	[flexvpn]='grammar ikev2 dataplane net base' [cli]='flexvpn grammar base'
)
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT
found=0
for f in "${!may[@]}"; do
	lib=$build/libspoke_$f.a
	[ -e "$lib" ] || continue
	found=$((found + 1))
	nm -A -g --defined-only "$lib" 2> /dev/null | awk -v f="$f" '{ print $NF, f }'
done | sort > "$tmp/defined"
[ "$(awk '{ print $2 }' "$tmp/defined" | sort -u | wc -l)" = ${#may[@]} ] || { echo "not every folder's library is in $build"; exit 1; }

bad=0
for f in "${!may[@]}"; do
	nm -g --undefined-only "$build/libspoke_$f.a" 2> /dev/null | awk 'NF == 2 { print $2 }' | sort -u |
		join - "$tmp/defined" | while read -r symbol owner; do
		case " $f ${may[$f]} " in
		*" $owner "*) ;;
		*) echo "$f uses $symbol of $owner" ;;
		esac
	done
done > "$tmp/bad"
# The two tables of handlers are the one thing that points up, by design: grammar walks them, flexvpn and cli define them.
grep -v -E '^grammar uses (cfg_use_table|gr_exec_table) of ' "$tmp/bad" && bad=1
[ $bad = 0 ] || { echo 'links against the arrows of docs/architecture.md'; exit 1; }
echo 'every link follows an arrow'
