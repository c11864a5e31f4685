#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# docs/guide-coverage.md names a test for each claim of the guide: every test it names exists, and every row has one, or says openly that
# there is none. The second half shows that the lint can fail.
set -u
cd "$(dirname "$0")/../.." || exit 2

exists() { # FILE or FILE: FUNCTION
	local file=${1%%: *} name=${1#*: }
	[ -f "$file" ] || return 1
	[ "$name" = "$1" ] || { grep -q "^static void $name(void \*\*" "$file" && grep -qE "[(, 	]$name[,)]" "$file"; }
}

# lint DOCUMENT: prints what is wrong with it.
lint() {
	local rows=0 line cell proof good
	while IFS= read -r line; do
		[[ $line =~ ^\|\ [A-Z][0-9]+\ \| ]] || continue
		rows=$((rows + 1)) good=no cell=${line%|} cell=${cell##*|}
		case $cell in *'not yet: issue '[0-9]* | *'n/a: '* | *'not as the guide: see below'*) good=yes ;; esac
		while IFS= read -r proof; do
			[ -n "$proof" ] || continue
			if exists "$proof"; then good=yes; else echo "${line:2:4} names a test that does not exist: $proof"; fi
		done <<< "$(grep -oE '`(tests|bench)/[^`]+`' <<< "$cell" | tr -d '`')"
		[ $good = yes ] || echo "${line:2:4} has no test, and does not say so"
	done < "$1"
	[ $rows -ge 60 ] || echo "only $rows rows are left"
}

found=$(lint docs/guide-coverage.md)
[ -z "$found" ] || { echo "$found"; exit 1; }

tmp=$(mktemp) && trap 'rm -f "$tmp"' EXIT
sed 's/: manual_waits_for_the_command`/: nobody_waits`/; s/^\(| C1 | .*|\) `.*/\1 |/; /^| H/d' docs/guide-coverage.md > "$tmp"
[ "$(lint "$tmp" | grep -c 'does not exist\|no test\|rows are left')" -ge 2 ] || { echo 'the lint does not see a missing test'; exit 1; }
echo 'every test named in docs/guide-coverage.md exists'
