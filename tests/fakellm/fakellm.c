/* SPDX-License-Identifier: MIT */
/* fakellm: a scripted model server. It speaks as OpenAI and Ollama do, and misbehaves exactly as the model name asks, so that tests can
 * provoke every failure a real provider shows. No model is behind it. README.md lists what names can ask for.
 *
 * Reading order: server.c (threads, connections), http.c (requests), control.c (the addresses), play.c (when an answer is written and where
 * it breaks), answer.c (what is said), openai.c and ollama.c (how it looks), behaviour.c (model names), script.c and journal.c (for tests). */
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void help(void)
{
    puts("usage: fakellm [--port 9100] [--bind 127.0.0.1] [--threads 1] [--script FILE] [--log FILE] [--keep 1000] [--key SECRET]\n"
         "A scripted model server that speaks OpenAI and Ollama. Port 0: the system chooses; the first line printed tells.\n"
         "  --script FILE  behaviours for model names, JSON: {\"gpt-x\": [\"status=429\", \"echo\"]} (also PUT /_fake/script)\n"
         "  --log FILE     one JSON line per answered request\n"
         "  --keep N       requests kept for GET /_fake/log, per thread\n"
         "  --key SECRET   requests must bring this key (Authorization: Bearer, or x-api-key)\n"
         "A model name is a list of options joined by +, such as tokens=20+delay=50:");
    behaviour_help();
}

static bool number(const char *text, long min, long max, long *n_r)
{
    char *end;
    errno = 0;
    *n_r = strtol(text, &end, 10);
    return errno == 0 && end > text && *end == '\0' && *n_r >= min && *n_r <= max;
}

static int usage(const char *option, const char *value, const char *allowed)
{
    fprintf(stderr, "fakellm: --%s has the value '%s', allowed is %s\n", option, value, allowed);
    return 2;
}

struct arguments { struct server_options o; const char *script; };

/* 0: go on; -1: help was shown; else the exit status. */
static int arguments_read(int argc, char **argv, struct arguments *a)
{
    static const struct option longs[] = {
        {"port", required_argument, NULL, 'p'}, {"bind", required_argument, NULL, 'b'}, {"threads", required_argument, NULL, 't'},
        {"script", required_argument, NULL, 's'}, {"log", required_argument, NULL, 'l'}, {"keep", required_argument, NULL, 'k'},
        {"key", required_argument, NULL, 'K'}, {"help", no_argument, NULL, 'h'}, {0},
    };
    long n;
    for (int c; (c = getopt_long(argc, argv, "h", longs, NULL)) != -1;)
        switch (c) {
        case 'p':
            if (!number(optarg, 0, 65535, &n))
                return usage("port", optarg, "0 to 65535");
            a->o.port = (int)n;
            break;
        case 't':
            if (!number(optarg, 1, 64, &n))
                return usage("threads", optarg, "1 to 64");
            a->o.threads = (size_t)n;
            break;
        case 'k':
            if (!number(optarg, 1, 1000000, &n))
                return usage("keep", optarg, "1 to 1000000");
            a->o.keep = (size_t)n;
            break;
        case 'b': a->o.bind = optarg; break;
        case 's': a->script = optarg; break;
        case 'l': a->o.log_file = optarg; break;
        case 'K': a->o.key = optarg; break;
        case 'h': help(); return -1;
        default:  return 2;
        }
    if (optind < argc)
        return usage("help", argv[optind], "no argument without a name");
    return 0;
}

static bool script_load(struct server *s, const char *path)
{
    struct text t = {0};
    char why[200];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : 1;
    while (n > 0) {
        text_room(&t, 65536);
        n = read(fd, t.p + t.n, t.size - t.n);
        t.n += n > 0 ? (size_t)n : 0;
    }
    bool read_all = n == 0;
    bool good = read_all && script_set(server_script(s), text_all(&t), why, sizeof why);
    if (!good)
        fprintf(stderr, "fakellm: --script %s: %s\n", path, read_all ? why : strerror(errno));
    if (fd >= 0)
        close(fd);
    text_free(&t);
    return good;
}

int main(int argc, char **argv)
{
    struct arguments a = {.o = {.bind = "127.0.0.1", .port = 9100, .threads = 1, .keep = 1000}};
    int refused = arguments_read(argc, argv, &a);
    if (refused != 0)
        return refused < 0 ? 0 : refused;
    sigset_t stop;                                          /* before any thread: they all inherit it */
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
    int port = 0, signal_n = 0;
    struct server *s = server_open(&a.o, &port);
    if (s == NULL)
        return 1;
    bool good = a.script == NULL || script_load(s, a.script);
    if (good) {
        printf("fakellm listening on http://%s:%d\n", a.o.bind, port);
        fflush(stdout);
        server_start(s);
        sigwait(&stop, &signal_n);
        server_close(s);
    }
    return good ? 0 : 1;
}
