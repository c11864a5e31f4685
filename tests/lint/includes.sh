#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The arrows of docs/architecture.md, as include directions: a folder may include itself and what stands in its row here.
# The second half shows that the lint can fail.
set -u
cd "$(dirname "$0")/../.." || exit 2

allowed() {
	case $1 in
	base) echo base ;;
	grammar) echo 'grammar base' ;;
	ikev2) echo 'ikev2 base' ;;
	dataplane) echo 'dataplane base' ;;
	net) echo 'net base' ;;
	flexvpn) echo 'flexvpn grammar ikev2 dataplane net base' ;;
	cli) echo 'cli flexvpn grammar base' ;;
	esac
}

# lint ROOT: prints each include against the arrows; fails if there is one.
lint() {
	local folder to line bad=0
	for folder in base grammar ikev2 dataplane net flexvpn cli; do
		while IFS= read -r line; do

			to=${line#*'"'} && to=${to%%/*}
			case " $(allowed $folder) " in
			*" $to "*) ;;
			*) echo "$line" && bad=1 ;;
			esac
		done < <(grep -rHn --include='*.[ch]' -E '^[[:space:]]*#[[:space:]]*include[[:space:]]+"(base|grammar|ikev2|dataplane|net|flexvpn|cli|tests)/' "$1/$folder" 2> /dev/null)
	done
	return $bad
}

lint . || { echo 'includes against the arrows of docs/architecture.md'; exit 1; }

probe=$(mktemp -d) && trap 'rm -rf "$probe"' EXIT
mkdir "$probe/base" "$probe/ikev2"
echo '#include "ikev2/ike.h"' > "$probe/base/up.c"
echo '#include "base/buf.h"' > "$probe/ikev2/down.c"
[ "$(lint "$probe" | wc -l)" = 1 ] || { echo 'the lint misses an upward include'; exit 1; }
echo 'every include follows an arrow'
