#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# kexec_load(2) refuses bad images with the errno that its manual page gives.
# Nothing is loaded or started; it needs root and a crashkernel= region.

KSFT_SKIP=4
kload=${0%/*}/kload
state=/sys/kernel/kexec_crash_loaded

skip() {
	echo "1..0 # SKIP $1"
	exit $KSFT_SKIP
}

[ "$(id -u)" = 0 ] || skip "must be run as root"
[ -e $state ] || skip "the kernel has no crash dumps"
[ "$(cat $state)" = 0 ] || skip "a capture kernel is armed: unload it first"
[ "$(cat /sys/kernel/kexec_crash_size)" != 0 ] ||
	skip "no crash region: boot with crashkernel="
[ "$(cat /proc/sys/kernel/kexec_load_disabled)" = 0 ] ||
	skip "kexec_load_disabled is set"

echo "TAP version 13"
rows=$("$kload" refuse)
status=$?
n=0
failed=0
while read -r row got expected; do
	n=$((n + 1))
	if [ "$got" = "$expected" ]; then
		echo "ok $n $row # $got"
	else
		echo "not ok $n $row # $got, not $expected"
		failed=1
	fi
done <<-END
	$rows
END
# 1: a row differs. Anything else is the end of kload itself.
if [ $status -gt 1 ]; then
	n=$((n + 1))
	echo "not ok $n kload # ended with $status"
	failed=1
fi
echo "1..$n"
[ $n -gt 0 ] && [ $failed = 0 ]
