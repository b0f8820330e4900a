#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# ccache.sh COMPILER ARGUMENT...: the compiler, through ccache where that is safe.
#
# In its depend mode ccache goes by the compiler's list of what it read, and the
# assembler's .incbin is not in there: it would give out the object with the
# payload of another day. The source is the last argument.
for source; do :; done
case $source in
*.c | *.S)
	grep -q '\.incbin' "$source" || exec ccache "$@" ;;
esac
exec "$@"
