# SPDX-License-Identifier: MIT
# make          build moongate             make run      packages, build, database, gateway: http://localhost:8080
# make test     every test, with a sum     make check    unit tests only, those that changed
# make asan     units and wire tests under ASan+UBSan    make tsan   the same under TSan
# make lint     floors, headers, house rules, cppcheck, catalogues, lighttpd, scripts
# make fuzz     each target for SECONDS=10               make bench  against nginx and the bare provider
# make deps     Debian and npm packages for all of it    make clean  forget everything built
# make install DESTDIR= PREFIX=/usr/local                and then see docs/install.md
NAME     := moongate
OUT      ?= out/plain
PREFIX   ?= /usr/local
SECONDS  ?= 10
MAKEFLAGS += --no-print-directory
PACKAGES := libpq json-c libcurl libargon2 libcrypto fcgi
WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wvla -Wformat=2 -Wwrite-strings -Wcast-qual \
            -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wswitch-enum -Werror
# Sanitizers see more without the fortified calls, so a build has one or the other.
ifeq ($(SAN),)
CPPFLAGS += -D_FORTIFY_SOURCE=2
HARD     := -fstack-protector-strong -fstack-clash-protection $(if $(findstring x86,$(shell uname -m)),-fcf-protection)
LINK     := -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed
endif
# The program finds templates, static, sql and i18n in $MOONGATE_HOME, or else here, where make install puts them.
DATA     := $(PREFIX)/share/$(NAME)
CPPFLAGS += -D_GNU_SOURCE -DMOONGATE_DATA='"$(DATA)"' -Iapp -MMD -MP $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
CFLAGS   += -std=c11 -O2 -g -ffile-prefix-map=$(CURDIR)=. -fPIE $(HARD) $(WARN) $(SAN) -pthread
LDFLAGS  += -pie $(LINK)
LDLIBS   += $(SAN) -pthread $(shell pkg-config --libs $(PACKAGES) 2>/dev/null)
export OUT

APP      := $(filter-out app/main.c,$(sort $(wildcard app/*.c app/*/*.c)))
OBJ      := $(APP:%.c=$(OUT)/%.o)
UNIT     := $(patsubst %.c,$(OUT)/%,$(sort $(wildcard tests/unit/*_test.c)))
FAKE     := $(patsubst %.c,$(OUT)/%.o,$(sort $(wildcard tests/fakellm/*.c)))
SQL      := $(patsubst %.c,$(OUT)/%,$(sort $(wildcard tests/sql/*_test.c)))
FUZZ     := $(sort $(wildcard tests/fuzz/*_fuzz.c))

all: $(OUT)/$(NAME)

$(OUT)/$(NAME): $(OUT)/app/main.o $(OBJ)
	@echo "ld $@" && $(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

# Tests link an archive, so that each takes only the files it needs.
$(OUT)/moongate.a: $(OBJ)
	@rm -f $@ && ar rcs $@ $^

$(OUT)/%_test: $(OUT)/%_test.o $(OUT)/moongate.a
	@$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -lcmocka -o $@

$(OUT)/%_bench: $(OUT)/%_bench.o $(OUT)/moongate.a
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

# The scripted model server shares nothing with the gateway: what one gets wrong the other does not repeat.
fakellm: $(OUT)/fakellm
$(OUT)/fakellm: $(FAKE)
	@echo "ld $@" && $(CC) $(CFLAGS) $(LDFLAGS) $^ $(SAN) -pthread -lcrypto -o $@

$(OUT)/%.o: %.c $(OUT)/flags
	@mkdir -p $(@D) && echo "cc $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

# Everything is built again when the compiler or its flags change.
$(OUT)/flags: force | tools
	@mkdir -p $(@D) && echo '$(CC) $(CPPFLAGS) $(CFLAGS)' | cmp -s - $@ || echo '$(CC) $(CPPFLAGS) $(CFLAGS)' >$@

tools:
	@command -v $(CC) pkg-config >/dev/null && pkg-config --exists $(PACKAGES) || \
	{ echo "The compiler or libraries are missing ($(CC), $(PACKAGES)): run 'make deps' as root." \
	"/ 缺少编译器或库，请以 root 运行 make deps。" >&2; exit 1; }

units: $(UNIT)
# tests/sql/run.sh builds its programs itself, so that it can be called alone.
sql-programs: $(SQL)
sql-test: ; @tests/sql/run.sh
check: headers $(UNIT:=.ok)
$(OUT)/%.ok: $(OUT)/%
	$< && touch $@

# Every header compiles alone. The dependency file would otherwise be written into the current folder.
headers: $(patsubst %.h,$(OUT)/%.h.ok,$(wildcard app/*.h app/*/*.h))
$(OUT)/%.h.ok: %.h $(OUT)/flags $(wildcard app/*/*.h app/*/*.def)
	@mkdir -p $(@D)
	@$(CC) $(filter-out -MMD -MP,$(CPPFLAGS)) $(CFLAGS) -fsyntax-only -x c $< && touch $@

test: deps ; @tests/test.sh
asan: ; @$(MAKE) variant OUT=out/asan SAN='-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer'
tsan: ; @$(MAKE) variant OUT=out/tsan SAN=-fsanitize=thread
variant: ; @tests/test.sh unit wire

floors: ; @tests/floors.sh
lint: headers floors ; @tests/lint.sh

fuzz: fuzzers ; @status=0; for f in $(FUZZ:tests/fuzz/%_fuzz.c=%); do tests/fuzz.sh $$f $(SECONDS) || status=1; done; exit $$status
fuzzers: ; @$(MAKE) -s $(FUZZ:%.c=out/fuzz/%) OUT=out/fuzz CC=clang WARN= \
	SAN='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer'
$(OUT)/%_fuzz: $(OUT)/%_fuzz.o $(OUT)/moongate.a
	@$(CC) $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) $^ $(LDLIBS) -o $@

bench: all fakellm ; @node tests/bench/bench.mjs
bench-streams: all fakellm $(OUT)/streams ; @node tests/bench/streams.mjs
$(OUT)/streams: $(OUT)/tests/bench/streams.o
	$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@

deps: ; @lighttpd/packages.sh run build test && lighttpd/npm.sh
vendor: ; @lighttpd/npm.sh static
run: ; @lighttpd/packages.sh run build && $(MAKE) all $(if $(MOONGATE_DEMO),fakellm) && $(MAKE) -s vendor && exec lighttpd/run.sh

# Sources of pages and messages, not of programs; units and users for systemd. The rest of an installation is docs/install.md.
install: all vendor
	install -D -m 755 $(OUT)/$(NAME) '$(DESTDIR)$(PREFIX)/bin/$(NAME)'
	for d in templates static sql i18n lighttpd; do (cd $$d && find . -type f ! -path './npm/*' ! -name '*.sh' ! -name '*.service' \
	-exec install -D -m 644 {} '$(DESTDIR)$(DATA)'/$$d/{} \;) || exit; done
	for unit in lighttpd/*.service; do mkdir -p '$(DESTDIR)$(PREFIX)/lib/systemd/system' && \
	sed 's|@PREFIX@|$(PREFIX)|g' $$unit >'$(DESTDIR)$(PREFIX)/lib/systemd/system/'$${unit#*/} || exit; done
	install -D -m 644 lighttpd/moongate.sysusers '$(DESTDIR)$(PREFIX)/lib/sysusers.d/moongate.conf'
	install -D -m 644 docs/install.md '$(DESTDIR)$(PREFIX)/share/doc/$(NAME)/install.md'

clean: ; rm -rf out static/vendor

-include $(OBJ:.o=.d) $(OUT)/app/main.d $(FAKE:.o=.d) $(UNIT:=.d) $(SQL:=.d) $(FUZZ:%.c=$(OUT)/%.d)
.PRECIOUS: $(OUT)/%.o
.PHONY: all asan bench bench-streams check clean deps fakellm floors force fuzz fuzzers headers install lint run sql-programs sql-test test tools tsan units variant vendor
