#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Install what is missing, with apt, as root or through sudo. Without apt,
# say what is missing and stop. With ALL=1, for make check-all too.

# Package, and the command or file that shows that it is there.
needs() {
	cat <<-'END'
		make			make
		gcc			gcc
		libc6-dev		/usr/include/stdio.h
		binutils		ld
		bc			bc
		bison			bison
		flex			flex
		ccache			ccache
		cpio			cpio
		diffutils		cmp
		e2fsprogs		mkfs.ext4
		git			git
		gzip			gzip
		kmod			depmod
		libelf-dev		/usr/include/libelf.h
		libssl-dev		/usr/include/openssl/evp.h
		bzip2			bzip2
		lz4			lz4
		lzop			lzop
		mmdebstrap		mmdebstrap
		openssl			openssl
		ovmf			/usr/share/OVMF/OVMF_CODE_4M.fd
		patch			patch
		perl			perl
		procps			ps
		python3			/usr/bin/python3
		python3-docutils	/usr/lib/python3/dist-packages/docutils
		python3-pytest		/usr/lib/python3/dist-packages/pytest
		python3-pytest-xdist	/usr/lib/python3/dist-packages/xdist
		qemu-system-x86		qemu-system-x86_64
		rsync			rsync
		sbsigntool		sbsign
		sparse			sparse
		tar			tar
		xz-utils		xz
		zstd			zstd
		debian-archive-keyring	/usr/share/keyrings/debian-archive-keyring.gpg
	END
	case $FLAVOUR in
	i386*)	cat <<-'END'
		gcc-i686-linux-gnu	i686-linux-gnu-gcc
		libc6-dev-i386-cross	/usr/i686-linux-gnu/include/stdio.h
		END
	esac
	[ -z "$ALL" ] || cat <<-'END'
		clang			clang
		llvm			llvm-nm
		lld			ld.lld
		coccinelle		spatch
		python3-sphinx		sphinx-build
		gcc-i686-linux-gnu	i686-linux-gnu-gcc
		libc6-dev-i386-cross	/usr/i686-linux-gnu/include/stdio.h
		gcc-arm-linux-gnueabi	arm-linux-gnueabi-gcc
		gcc-aarch64-linux-gnu	aarch64-linux-gnu-gcc
		gcc-riscv64-linux-gnu	riscv64-linux-gnu-gcc
		gcc-powerpc64le-linux-gnu	powerpc64le-linux-gnu-gcc
		gcc-s390x-linux-gnu	s390x-linux-gnu-gcc
		gcc-mips-linux-gnu	mips-linux-gnu-gcc
		gcc-m68k-linux-gnu	m68k-linux-gnu-gcc
		gcc-sh4-linux-gnu	sh4-linux-gnu-gcc
		gcc-hppa-linux-gnu	hppa-linux-gnu-gcc
	END
	# KSRC= stands in for the package with the base.
	if [ -z "$KSRC" ]; then
		awk '$1 == "package" { p = $2 } $1 == "tarball" { t = $2 }
		     END { print p, t }' "$(dirname "$0")/base"
	fi
}

# Administrators' commands are not on every user's path.
PATH=$PATH:/usr/sbin:/sbin

missing() {
	needs | while read -r package proof; do
		case $proof in
		/*)	[ -e "$proof" ] || echo "$package" ;;
		*)	command -v "$proof" >/dev/null || echo "$package" ;;
		esac
	done
}

lacking=$(missing | sort -u | tr '\n' ' ')
[ -n "$lacking" ] || exit 0

if ! command -v apt-get >/dev/null; then
	echo "make deps: there is no apt-get here. Missing (Debian's names): $lacking" >&2
	exit 1
fi
if [ "$(id -u)" = 0 ]; then
	sudo=
elif command -v sudo >/dev/null; then
	sudo="sudo"
else
	echo "make deps: needs root or sudo to install: $lacking" >&2
	exit 1
fi

echo "make deps: installing $lacking"
begin=$(date +%s)
export DEBIAN_FRONTEND=noninteractive
apt() {
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qy "$@" </dev/null
}
apt update || echo "make deps: apt-get update failed; trying with the lists there are" >&2
# shellcheck disable=SC2086 # a list of words
apt install --no-install-recommends $lacking || {
	echo "make deps: could not install: $lacking" >&2
	exit 1
}

lacking=$(missing | sort -u | tr '\n' ' ')
if [ -n "$lacking" ]; then
	echo "make deps: still missing: $lacking" >&2
	exit 1
fi
echo "make deps: done in $(($(date +%s) - begin)) s"
