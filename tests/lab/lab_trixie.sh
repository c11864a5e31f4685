#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# strongSwan 6 as the hub, out of a Debian 13 root that debootstrap makes: IKE_INTERMEDIATE with an additional key exchange (RFC 9242,
# RFC 9370), and our own engine's tests of it under that Debian's OpenSSL 3.5, which has ML-KEM.
set -u
. "$(dirname "$0")/lib.sh"
ROOT=$LAB_DIR.root
lab_trap
trap 'x=$?; umount "$ROOT$LAB_DIR" 2> /dev/null; [ -n "${LAB_ROOT:-}" ] || rm -rf --one-file-system "$ROOT"; lab_exit $x' EXIT
[ "$(id -u)" = 0 ] || lab_die "network namespaces need root"
[ -z "${LAB_ROOT:-}" ] || ROOT=$LAB_ROOT # one that is there
[ -e "$ROOT/usr/sbin/charon-systemd" ] || must 'a Debian 13 root is made' debootstrap --variant=minbase \
	--include=libssl3t64,charon-systemd,strongswan-swanctl,libcharon-extra-plugins,libstrongswan-standard-plugins,libstrongswan-extra-plugins \
	trixie "$ROOT" > "$LAB_DIR/debootstrap.log"
mkdir -p "$ROOT/dev/net" "$ROOT/opt" "$ROOT$LAB_DIR" && mount --bind "$LAB_DIR" "$ROOT$LAB_DIR" || exit 1
[ -e "$ROOT/dev/net/tun" ] || mknod "$ROOT/dev/net/tun" c 10 200

# Our test program with the libraries of this system that the other one lacks, and libcrypto of the other one.
borrow() { # PROGRAM
	cp "$1" "$ROOT/opt/"
	ldd "$1" | awk '/=>/ { print $3 }' | while read -r l; do
		[ -e "$ROOT/usr/lib/x86_64-linux-gnu/$(basename "$l")" ] || cp -L "$l" "$ROOT/opt/"
	done
}
engine_there() { chroot "$ROOT" env LD_LIBRARY_PATH=/opt SPOKE_WANT_ML_KEM=1 /opt/ikev2_test_engine_addke > "$LAB_DIR/addke.out" 2>&1; }
borrow "$LAB_BIN/tests/ikev2_test_engine_addke"
must 'our engine with ML-KEM, by OpenSSL 3.5' engine_there

printf '#!/bin/sh\nexec chroot %s /usr/sbin/charon-systemd\n' "$ROOT" > "$LAB_DIR/charon6" && chmod +x "$LAB_DIR/charon6"
hub_program() { echo "$LAB_DIR/charon6"; }
HUB_IKE=aes256-sha512-ecp256-ke1_ecp384
must 'strongSwan 6 starts' lab_up
{
	adapt "$LAB_TOP/examples/configs/guide-psk.cfg" | sed 's/connect manual/connect auto/'
	printf 'crypto ikev2 proposal P\nencryption aes-cbc-256\nintegrity sha512\nprf sha512\ngroup 19\nadditional-key-exchange 1 20\n'
	printf 'crypto ikev2 policy POL\nproposal P\n'
} > "$LAB_DIR/startup-config"
must 'spoked starts' spoked_start "$LAB_DIR/startup-config"
must 'the client is active' until_ok 20 client_is ACTIVE
must 'the second exchange is shown' spoke_says 'show crypto ikev2 sa' 'DH Grp:19, ADDKE1: DH_GROUP_384_ECP'
must 'the hub saw it' grep -q 'IKE_INTERMEDIATE request 1 \[ KE \]' "$LAB_DIR/hub/log"
must 'ping' ping_from inside 192.168.100.10
must 'a rekey of the child' hub_ctl --rekey --child net
must 'ping' ping_from inside 192.168.100.10
