/* SPDX-License-Identifier: MIT */
#include "cli/command.h"

#include "cli/commands.h"
#include "gate_help.h"

static const struct option_row rows[] = {
    {"--name", true, false}, {"--json", false, false}, {"--model", true, true}, {"--n", true, false}, {NULL, false, false},
};
static const struct command sample = {.words = "sample", .usage = "", .help = "", .options = rows, .operands_min = 1, .operands_max = 2};
static struct command_line line;

/* Split at spaces; "_" stands for an empty word. */
static bool parse(const struct command *command, const char *text)
{
    char *words[16], *rest = arena_text(a, text), *word;
    int n = 0;
    while ((word = strsep(&rest, " ")))
        if (*word)
            words[n++] = strcmp(word, "_") == 0 ? arena_text(a, "") : word;
    line = (struct command_line){.arena = a};
    return command_parse(command, n, words, &line, &err);
}

static void test_options(void **state)
{
    (void)state;
    must(parse(&sample, "one --name x --json two --model a,b --model=c --n=5"));
    assert_int_equal(line.operands_n, 2);
    assert_string_equal(line.operands[0], "one");
    assert_string_equal(line.operands[1], "two");
    assert_string_equal(command_option(&line, "--name"), "x");
    assert_string_equal(command_option(&line, "--n"), "5");
    assert_string_equal(command_option(&line, "--json"), "");
    struct list models = command_repeats(&line, "--model");
    assert_int_equal(models.n, 3);
    assert_string_equal(((const char **)models.items)[0], "a");
    assert_string_equal(((const char **)models.items)[2], "c");
    must(parse(&sample, "x --name=a --name b"));
    assert_string_equal(command_option(&line, "--name"), "b");
    assert_null(command_option(&line, "--json"));
    assert_null(command_option(&line, "--n"));
    assert_int_equal(command_repeats(&line, "--model").n, 0);
    must(parse(&sample, "x --name= --model=,,a,, --n _"));
    assert_string_equal(command_option(&line, "--name"), "");
    assert_string_equal(command_option(&line, "--n"), "");
    assert_int_equal(command_repeats(&line, "--model").n, 1);
    must(parse(&sample, "x --name=a=b"));
    assert_string_equal(command_option(&line, "--name"), "a=b");
    must(parse(&sample, "-x --name --json"));
    assert_string_equal(line.operands[0], "-x");
    assert_string_equal(command_option(&line, "--name"), "--json");
}

static void test_bad_usage(void **state)
{
    (void)state;
    const struct { const char *text, *message, *field; } bad[] = {
        {"", "cli.too_few", ""},
        {"--json", "cli.too_few", ""},
        {"a b c", "cli.too_many", "c"},
        {"a --nam x", "cli.unknown_option", "--nam"},
        {"a --names x", "cli.unknown_option", "--names"},
        {"a --name", "cli.needs_value", "--name"},
        {"a --json=1", "cli.no_value", "--json"},
        {"a --", "cli.unknown_option", "--"},
        {"a --=x", "cli.unknown_option", "--=x"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        must_fail(parse(&sample, bad[i].text), ERR_INPUT);
        assert_string_equal(err.message, bad[i].message);
        assert_string_equal(err.field, bad[i].field);
    }
    const struct command bare = {.words = "bare"};
    must_fail(parse(&bare, "--json"), ERR_INPUT);
    must_fail(parse(&bare, "x"), ERR_INPUT);
    must(parse(&bare, ""));
}

/* Every command has words, help and a table that fits its arrays. */
static void test_every_command(void **state)
{
    (void)state;
    for (size_t i = 0; commands[i]; i++) {
        const struct command *c = commands[i];
        size_t n = 0;
        assert_true(*c->words && c->usage && strncmp(c->help, "cli.help.", 9) == 0 && c->run);
        assert_true(c->operands_min <= c->operands_max && c->operands_max <= COUNT(line.operands));
        while (c->options && c->options[n].name) {
            assert_memory_equal(c->options[n].name, "--", 2);
            assert_true(!c->options[n].repeats || c->options[n].has_value);
            assert_non_null(strstr(c->usage, c->options[n].name));
            n++;
        }
        assert_true(n < OPTIONS_MAX);
        char *words[3], *rest = arena_text(a, c->words), *word;
        int count = 0, taken = 0;
        while ((word = strsep(&rest, " ")))
            words[count++] = word;
        assert_ptr_equal(command_find(count, words, &taken), c);
        assert_int_equal(taken, count);
    }
}

static void test_finding(void **state)
{
    (void)state;
    const struct { const char *one, *two, *words; int taken; } cases[] = {
        {"key", "create", "key create", 2}, {"check", NULL, "check", 1}, {"check", "--x", "check", 1}, {"provider", "test", "provider test", 2},
        {"key", NULL, NULL, 0}, {"key", "make", NULL, 0}, {"keycreate", NULL, NULL, 0}, {"", "", NULL, 0}, {"serve", NULL, NULL, 0},
        {"0123456789012345678901234567890123456789", "0123456789012345678901234567890123456789", NULL, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *words[] = {arena_text(a, cases[i].one), arena_text(a, cases[i].two)};
        int taken = 0;
        const struct command *c = command_find(cases[i].two ? 2 : 1, words, &taken);
        assert_true(!c == !cases[i].words);
        if (c)
            assert_string_equal(c->words, cases[i].words);
        assert_int_equal(taken, cases[i].taken);
    }
    assert_null(command_find(0, NULL, &(int){0}));
}

static bool from_stdin(const char *text, size_t n, size_t max, const char **text_r)
{
    const char *path = file_make("stdin", (struct bytes){(const uint8_t *)text, n}, 0600);
    int kept = dup(STDIN_FILENO), fd = open(path, O_RDONLY);
    assert_true(dup2(fd, STDIN_FILENO) == STDIN_FILENO);
    bool ok = command_stdin(a, max, text_r, &err);
    dup2(kept, STDIN_FILENO);
    close(kept);
    close(fd);
    unlink(path);
    return ok;
}

static void test_stdin(void **state)
{
    (void)state;
    const struct { const char *in, *out; } cases[] = {
        {"secret", "secret"}, {"secret\n", "secret"}, {"secret\r\n", "secret"}, {"two\nlines\n\n", "two\nlines\n"}, {" x ", " x "}, {"月\n", "月"},
    };
    const char *text;
    for (size_t i = 0; i < COUNT(cases); i++) {
        must(from_stdin(cases[i].in, strlen(cases[i].in), 100, &text));
        assert_string_equal(text, cases[i].out);
    }
    const char *const empty[] = {"", "\n", "\r\n"};
    for (size_t i = 0; i < COUNT(empty); i++) {
        must_fail(from_stdin(empty[i], strlen(empty[i]), 100, &text), ERR_INPUT);
        assert_string_equal(err.message, "cli.empty_stdin");
    }
    must_fail(from_stdin("12345678901", 11, 10, &text), ERR_TOO_LARGE);
    char *lengthy = arena_alloc(a, 20000);
    memset(lengthy, 'x', 20000);
    must(from_stdin(lengthy, 20000, 20000, &text));
    assert_int_equal(strlen(text), 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_bad_usage),
        cmocka_unit_test(test_every_command),
        cmocka_unit_test(test_finding),
        cmocka_unit_test(test_stdin),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
