# The friendly face of the build; CMakeLists.txt is the build itself. `make` alone explains.

JOBS   ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
PREFIX ?= /usr/local
BUILD  := build
comma  := ,
MAKEFLAGS += --no-print-directory

# Real data, where the checkout has some beside it; the tests that need it skip themselves otherwise.
ifeq ($(SVDD_DATA),)
ifneq ($(wildcard ../shared/datasets),)
export SVDD_DATA := $(abspath ../shared/datasets)
endif
endif

# $(call build,FOLDER,CMAKE OPTIONS,TARGETS): configures, then builds TARGETS, or everything.
define build
cmake -S . -B $(1) $(2)
cmake --build $(1) --parallel $(JOBS) $(if $(3),--target $(3))
endef

.PHONY: help run build cuda test verify book browser bench format tidy sanitize tsan minimal platforms kills fuzz install static deb clean

help:
	@echo "make run       install what is missing, build, train Deep SVDD on digits (some minutes the first time)"
	@echo "make build     build build/svdd; options: CMAKE_OPTIONS='-DSVDD_WITH_OPENBLAS=OFF ...', CXX=clang++"
	@echo "make test      install what is missing, check the formatting, build everything, test"
	@echo "make cuda      build/svdd with the CUDA backend, where no GPU is too (where one is, every build has it)"
	@echo "make verify    run a small cell of every method, and compare it with the ledger's receipts"
	@echo "make book      write build/book: the methods' equations beside their code, with figures of runs (needs pandoc)"
	@echo "make browser   write build/browser: a page that trains Deep SVDD in the browser (needs emscripten)"
	@echo "make bench     measure the speed of the engine on this machine"
	@echo "make install   install the command, the C++ and C libraries, the Python module under PREFIX=$(PREFIX)"
	@echo "make static    build build-static/svdd, one file that runs on any Linux of this processor"
	@echo "make deb       make a Debian package of all that 'make install' installs"
	@echo "make clean     remove everything that was built"
	@echo "For those who change the code:"
	@echo "make format    format every source file"
	@echo "make tidy      check every source file with clang-tidy"
	@echo "make sanitize  build and test under the address and undefined-behaviour sanitizers"
	@echo "make tsan      build and test under the thread sanitizer"
	@echo "make minimal   build and test without threads, OpenBLAS, zlib, libtiff, libwebp, CUDA and kernels for x86"
	@echo "make platforms compare the receipts of compilers, instruction sets, numbers of threads, and other processors under qemu"
	@echo "make kills     kill the command at every system call that changes a file, and compare (needs strace; a quarter of an hour)"
	@echo "make fuzz      fuzz every reader of files, a minute each (needs clang)"
	@echo "Real data is read from SVDD_DATA$(if $(SVDD_DATA),=$(SVDD_DATA), (not set)); JOBS=$(JOBS)."

run:
	@scripts/install-packages.sh run
	$(call build,$(BUILD),$(CMAKE_OPTIONS),svdd)
	@scripts/first-run.sh

build:
	$(call build,$(BUILD),$(CMAKE_OPTIONS),svdd)

cuda:
	$(call build,$(BUILD),-DSVDD_WITH_CUDA=ON $(CMAKE_OPTIONS),svdd)

test:
	@scripts/install-packages.sh test
	@scripts/check-format.sh
	$(call build,$(BUILD),$(CMAKE_OPTIONS))
	@scripts/run-tests.sh $(BUILD) --parallel $(JOBS)

verify:
	$(call build,$(BUILD),$(CMAKE_OPTIONS),svdd)
	@$(BUILD)/svdd reproduce strokes --verify

book:
	@for tool in pandoc python3; do \
	  command -v $$tool >/dev/null || { echo "make book needs $$tool: apt-get install $$tool" >&2; exit 1; }; done
	$(call build,$(BUILD),$(CMAKE_OPTIONS),svdd)
	@tools/book/build.py --svdd $(BUILD)/svdd --out $(BUILD)/book

browser:
	@JOBS=$(JOBS) scripts/build-browser.sh $(BUILD)/browser

bench:
	$(call build,$(BUILD),$(CMAKE_OPTIONS),svdd)
	$(BUILD)/svdd bench

format:
	@scripts/check-format.sh --fix

sanitize:
	$(call build,build-sanitize,-DSVDD_SANITIZE=address$(comma)undefined $(CMAKE_OPTIONS))
	@UBSAN_OPTIONS=print_stacktrace=1 scripts/run-tests.sh build-sanitize --parallel $(JOBS)

tsan:
	$(call build,build-tsan,-DSVDD_SANITIZE=thread $(CMAKE_OPTIONS))
	@scripts/run-tests.sh build-tsan --parallel $(JOBS)

minimal:
	$(call build,build-minimal,-DSVDD_WITH_THREADS=OFF -DSVDD_WITH_OPENBLAS=OFF -DSVDD_WITH_ZLIB=OFF -DSVDD_WITH_CUDA=OFF -DSVDD_X86=OFF -DSVDD_TOGETHER=OFF \
		-DSVDD_WITH_TIFF=OFF -DSVDD_WITH_WEBP=OFF $(CMAKE_OPTIONS))
	@scripts/run-tests.sh build-minimal --parallel $(JOBS)

platforms:
	@JOBS=$(JOBS) scripts/check-platforms.sh

kills:
	$(call build,$(BUILD),$(CMAKE_OPTIONS),svdd)
	@tests/tools/kill_everywhere.py --svdd $(BUILD)/svdd

fuzz:
	$(call build,$(BUILD),$(CMAKE_OPTIONS),svdd)
	@JOBS=$(JOBS) scripts/fuzz.sh

tidy:
	cmake -S . -B build-tidy -DSVDD_TOGETHER=OFF -DCMAKE_CXX_COMPILER=clang++ $(CMAKE_OPTIONS)
	git ls-files --cached --others --exclude-standard -- 'engine/*.cc' 'datasets/*.cc' 'svdd/*.cc' 'tools/*.cc' ':!svdd/in_one_file' ':!tools/book' ':!tools/browser' \
		| xargs -P $(JOBS) -n 1 clang-tidy -p build-tidy --quiet

install:
	$(call build,$(BUILD),-DCMAKE_INSTALL_PREFIX=$(PREFIX) $(CMAKE_OPTIONS),svdd $(if $(filter -DSVDD_WITH_C=OFF,$(CMAKE_OPTIONS)),,svdd_c))
	cmake --install $(BUILD) --prefix $(PREFIX)

static:
	$(call build,build-static,-DSVDD_STATIC=ON -DSVDD_WITH_TESTS=OFF $(CMAKE_OPTIONS),svdd)

deb:
	$(call build,build-deb,-DCMAKE_INSTALL_PREFIX=/usr -DSVDD_PYTHON_FOLDER=lib/python3/dist-packages -DSVDD_WITH_TESTS=OFF $(CMAKE_OPTIONS))
	cd build-deb && cpack && ls *.deb

clean:
	rm -rf build build-deb build-static build-sanitize build-sanitize-address build-sanitize-datasets build-sanitize-thread build-tsan build-minimal build-tidy build-platforms build-browser build-fuzz build-onnxruntime
