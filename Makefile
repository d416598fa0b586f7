# SPDX-License-Identifier: MIT
# make          build moongate            make check    unit tests, floors and headers first
# make asan     the same under ASan+UBSan make tsan     the same under TSan
NAME     := moongate
OUT      ?= out/plain
CC       ?= cc
PACKAGES := libpq json-c libcurl libargon2 libcrypto
WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wvla -Wformat=2 -Wwrite-strings -Wcast-qual \
            -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wswitch-enum -Werror
CFLAGS   += -std=c11 -O2 -g $(WARN) $(SAN) -pthread
CPPFLAGS += -D_GNU_SOURCE -Iapp -MMD -MP $(shell pkg-config --cflags $(PACKAGES))
LDLIBS   += $(SAN) -pthread $(shell pkg-config --libs $(PACKAGES)) -lfcgi

APP      := $(filter-out app/main.c,$(sort $(wildcard app/*.c app/*/*.c)))
UNIT     := $(sort $(wildcard tests/unit/*_test.c))
OBJ      := $(APP:%.c=$(OUT)/%.o)

all: $(OUT)/$(NAME)

$(OUT)/$(NAME): $(OUT)/app/main.o $(OBJ)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

# Tests link an archive, so that each takes only the files it needs.
$(OUT)/moongate.a: $(OBJ)
	rm -f $@ && ar rcs $@ $^

$(OUT)/%_test: $(OUT)/%_test.o $(OUT)/moongate.a
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -lcmocka -o $@

$(OUT)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

check: headers $(UNIT:%.c=$(OUT)/%.ok)

$(OUT)/%.ok: $(OUT)/%
	$< && touch $@

headers: $(patsubst %.h,$(OUT)/%.h.ok,$(wildcard app/*.h app/*/*.h))
$(OUT)/%.h.ok: %.h
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -fsyntax-only -x c $< && touch $@

asan: ; $(MAKE) check OUT=out/asan SAN='-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer'
tsan: ; $(MAKE) check OUT=out/tsan SAN=-fsanitize=thread
clean: ; rm -rf out

-include $(OBJ:.o=.d) $(OUT)/app/main.d
.PRECIOUS: $(OUT)/%.o
.PHONY: all check headers asan tsan clean
