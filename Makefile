# SPDX-License-Identifier: GPL-2.0
#
# The front door. What a target does is in the script it calls.

ARCH	?= x86_64
FLAVOUR	?= $(ARCH)
BUILD	:= build
PYTHON	:= /usr/bin/python3
QEMU	:= tools/testing/selftests/kexec/qemu
HOST	:= tools/testing/kexec-host
COMPRESSORS := gzip bzip2 lzma xz lzo lz4 zstd
SECONDS	?= 60
INPUTS	?= 1000000
SANITIZED := $(ARCH)-sanitize$(if $(filter i386,$(ARCH)),32)
SEED	?= 1

CHECK	?=
GUEST	?=
FROM	?= $(BUILD)/demo

export KSRC
.DEFAULT_GOAL := help
.PHONY: help deps tree kernel obj manifest check check-all demo look shell test test-sanitize \
	test-signed test-module answers bench reduction matrix places fuzz series series-check \
	terminal clean

help: ## list the targets
	@echo 'kdump for Linux 6.12. Variables: ARCH=$(ARCH) FLAVOUR=$(FLAVOUR) KSRC=<a 6.12.y tree>'
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | \
		awk -F'\t' '{ printf "  make %-13s %s\n", $$1, $$2 }'

deps: ## install what is missing, with apt
	@FLAVOUR=$(FLAVOUR) sh series/deps.sh

tree: deps ## unpack the base, lay the overlay over it: build/tree
	@$(PYTHON) series/tree.py

kernel: deps ## build the kernel: build/kernel/FLAVOUR (base-x86_64: the untouched base)
	@$(PYTHON) series/kernel.py image $(FLAVOUR)

obj: deps ## compile OBJ=kernel/kexec_core.o alone, with W=1 (C=2: sparse too)
	@$(PYTHON) series/kernel.py objects $(FLAVOUR) $(if $(C),C=$(C)) $(OBJ)

manifest: ## list new overlay files in series/MANIFEST
	@$(PYTHON) series/manifest.py update

check: deps ## manifest, symbols, checkpatch, sparse, W=1, kernel-doc
	@$(PYTHON) series/check.py $(FLAVOUR)

check-all: ## hours: analyzers, clang, every configuration and architecture, htmldocs, boots
	@ALL=1 FLAVOUR=$(FLAVOUR) sh series/deps.sh
	@$(PYTHON) series/check_all.py $(CHECK)

demo: deps kernel ## crash a kernel and look at what is in its dump
	@$(PYTHON) $(QEMU)/demo.py --arch=$(ARCH) --kernel=$(BUILD)/kernel/$(FLAVOUR)

look: deps ## open the demo's dump in crash, or the one in FROM=build/shell
	@$(PYTHON) $(QEMU)/demo.py --look --from=$(FROM) --arch=$(ARCH) --kernel=$(BUILD)/kernel/$(FLAVOUR)

terminal:
	@[ -t 0 ] && [ -t 1 ] || { echo 'make shell: wants a terminal to be typed at'; exit 1; }

shell: terminal deps kernel ## a guest to try by hand, Ctrl-A X leaves it; GUEST='--load --cpus=4'
	@$(PYTHON) $(QEMU)/shell.py --arch=$(ARCH) --kernel=$(BUILD)/kernel/$(FLAVOUR) $(GUEST)

test: deps ## unit tests, crashes end to end, other kernels, make check
	@$(PYTHON) series/test.py $(FLAVOUR)

test-sanitize: deps ## random loads under KASAN, UBSAN, lockdep: INPUTS=1000000 SEED=1
	@$(PYTHON) series/test.py $(SANITIZED) --only build,guest test_sanitize.py \
		test_kunit.py --inputs=$(INPUTS) --seed=$(SEED)

test-signed: deps ## signatures, lockdown, IMA
	@$(PYTHON) series/kernel.py image $(ARCH)-sanitize+forced
	@$(PYTHON) series/test.py $(ARCH)-sanitize --only build,guest test_signed.py

test-module: deps ## LKDTM as a module
	@$(PYTHON) series/test.py $(ARCH)+module --only build,guest test_module.py

answers: deps ## ask the base's kernel again what it says to each call
	@$(MAKE) --no-print-directory kernel FLAVOUR=$(FLAVOUR)
	@$(MAKE) --no-print-directory kernel FLAVOUR=base-$(FLAVOUR)
	@$(PYTHON) -m pytest $(QEMU)/test_answers.py -v --tb=short --arch=$(ARCH) \
		--kernel=$(CURDIR)/$(BUILD)/kernel/$(FLAVOUR) \
		--base=$(CURDIR)/$(BUILD)/kernel/base-$(FLAVOUR)

bench: deps ## measure against the base; BENCH='--quick --only REGEX'
	@$(MAKE) --no-print-directory kernel FLAVOUR=$(FLAVOUR)
	@$(MAKE) --no-print-directory kernel FLAVOUR=base-$(FLAVOUR)
	@$(PYTHON) $(QEMU)/bench.py --arch=$(ARCH) $(BENCH) \
		--kernel=$(BUILD)/kernel/$(FLAVOUR) --base=$(BUILD)/kernel/base-$(FLAVOUR)

reduction: deps kernel ## what each dump level leaves out; REDUCTION='--memory MIB --only USE'
	@$(PYTHON) $(QEMU)/reduction.py --arch=$(ARCH) --kernel=$(BUILD)/kernel/$(FLAVOUR) \
		$(REDUCTION)

matrix: deps kernel ## crash everywhere in every way, then make places; or MATRIX='--only REGEX', REPEAT=1
	@$(PYTHON) $(QEMU)/matrix.py --arch=$(ARCH) --kernel=$(BUILD)/kernel/$(FLAVOUR) \
		$(if $(REPEAT),--repeat=$(REPEAT)) $(MATRIX)
	@$(if $(MATRIX)$(REPEAT),,$(MAKE) --no-print-directory places)

places: deps kernel ## a capture kernel at every place, packed by every compressor
	@$(PYTHON) series/compressors.py $(FLAVOUR)
	@$(MAKE) -s -C $(HOST)/margin replay KSRC=$(CURDIR)/$(BUILD)/base \
		OBJ=$(CURDIR)/$(BUILD)/obj/$(FLAVOUR) \
		BUILT="$(foreach name,$(COMPRESSORS),$(CURDIR)/$(BUILD)/obj/$(FLAVOUR)-$(name))"
	@$(PYTHON) -m pytest $(QEMU)/test_places.py $(QEMU)/test_compressors.py \
		--all-places -v --tb=short -n 2 --dist loadgroup --arch=$(ARCH) \
		--kernel=$(CURDIR)/$(BUILD)/kernel/$(FLAVOUR)

fuzz: tree ## fuzz the pure cores on the host, SECONDS=60 each; needs clang
	@command -v clang >/dev/null || { \
		echo 'make fuzz: needs clang and its runtime (clang, libclang-rt-*-dev)'; exit 1; }
	@for makefile in $(HOST)/*/Makefile; do \
		$(MAKE) -C $${makefile%/Makefile} fuzz KSRC=$(CURDIR)/$(BUILD)/base SECONDS=$(SECONDS) || exit 1; \
	done

series: tree ## the overlay as numbered patches: build/series
	@$(PYTHON) series/patches.py

series-check: deps series ## git am them on each 6.12.y at hand, build after every patch
	@$(PYTHON) series/series_check.py $(FLAVOUR) $(CHECK)

clean: ## remove everything that was built
	rm -rf $(BUILD)
