# SPDX-License-Identifier: GPL-2.0-only
#
# What the tests of all the cores have in common: pure code of the kernel on the
# host, under AddressSanitizer and UndefinedBehaviorSanitizer, fed with a corpus
# or by a fuzzer. A Makefile says, before it includes this:
#
#   TARGETS     names: X is fuzz_X.c with SRC_X, its corpus is in corpus/X/
#   FLAGS       for the compiler; the sanitizers' are here
#   DEPS        what else its programs are made from
#   MAX_LEN     of an input, in bytes; FUZZ_X: more options of libFuzzer
#
# and has from here
#
#   make replay              run the corpus (any compiler)
#   make fuzz [SECONDS=60]   libFuzzer on each target (needs clang)
#
# The corpus is text: hexadecimal, with comments after #. A file of it that
# is not called .hex is an input as it is. What a fuzzer finds goes to $(OUT), a
# crash with its target's name in front.

OUT	?= $(TOP)/build/host/$(notdir $(CURDIR))
CLANG	?= clang
SECONDS	?= 60

# The kernel's dialect: arithmetic on void pointers, a ?: b
CFLAGS	:= -std=gnu11 -g -O1 -Wall -Wextra -Wno-unused-parameter \
	   -fno-strict-aliasing -Iinclude -I../include $(FLAGS) \
	   -fsanitize=address,undefined -fno-sanitize-recover=all
DEPS	+= $(wildcard include/*/*.h include/*/*/*.h ../include/*.h) \
	   $(wildcard ../include/*/*.h) ../targets.mk Makefile

.DEFAULT_GOAL := replay
.SECONDEXPANSION:

$(OUT)/replay-%: ../replay.c fuzz_%.c $$(SRC_$$*) $(DEPS)
	@mkdir -p $(OUT)
	$(CC) $(CFLAGS) -o $@ ../replay.c fuzz_$*.c $(SRC_$*)

$(OUT)/fuzz-%: fuzz_%.c $$(SRC_$$*) $(DEPS)
	@mkdir -p $(OUT)
	$(CLANG) $(CFLAGS) -fsanitize=fuzzer -o $@ fuzz_$*.c $(SRC_$*)

$(OUT)/corpus-%: $$(wildcard corpus/$$*/*)
	@rm -rf $@
	@mkdir -p $@
	@for f in $^; do \
		case $$f in \
		*.hex) perl -0777 -ne \
			's/#.*//g; s/\s//g; print pack("H*", $$_)' $$f ;; \
		*) cat $$f ;; \
		esac > $@/$$(basename $$f .hex) || exit 1; \
	done

replay: $(TARGETS:%=replay-%)
replay-%: $(OUT)/replay-% $(OUT)/corpus-%
	$(OUT)/replay-$* $(OUT)/corpus-$*/*

fuzz: $(TARGETS:%=fuzz-%)
fuzz-%: $(OUT)/fuzz-% $(OUT)/corpus-%
	@mkdir -p $(OUT)/found-$*
	$(OUT)/fuzz-$* -max_total_time=$(SECONDS) -max_len=$(MAX_LEN) \
		$(FUZZ_$*) -print_final_stats=1 \
		-artifact_prefix=$(OUT)/crash-$*- \
		$(OUT)/found-$* $(OUT)/corpus-$*

clean:
	rm -rf $(OUT)

.PHONY: replay fuzz clean
.PRECIOUS: $(OUT)/replay-% $(OUT)/fuzz-% $(OUT)/corpus-%
