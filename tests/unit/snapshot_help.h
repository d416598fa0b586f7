/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_SNAPSHOT_HELP_H
#define TESTS_UNIT_SNAPSHOT_HELP_H
/* snapshot_help: generated rows of a snapshot, with a pepper and secrets sealed by a keyring. */
#include "base/secret.h"
#include "db/settings.h"
#include "gate/snapshot_rows.h"
#include "gate_help.h"

#define PEPPER "0123456789abcdef0123456789abcdef"

__attribute__((unused)) static const char *sealed_hex(const struct keyring *ring, const char *name, struct bytes text)
{
    struct sealed sealed;
    seal(ring, a, (struct seal_place){"sealed_keys", name, "sealed"}, text, &sealed);
    return hex_text(sealed_pack(a, &sealed), a);
}

__attribute__((unused)) static struct sealed_key_row pepper_row(const struct keyring *ring)
{
    return (struct sealed_key_row){.name = "pepper", .kid = 1, .sealed = sealed_hex(ring, "pepper", bytes_of(PEPPER)), .created_at = 1000};
}

__attribute__((unused)) static struct provider_row provider_row(const char *id, const char *name, const char *mode)
{
    return (struct provider_row){
        .id = id, .name = name, .type = "openai", .base_url = "http://127.0.0.1:9/v1", .deployment_mode = mode, .data_class_max = "internal",
        .secret_tail = "", .note = "", .secret = "", .secret_dek = "", .enabled = true, .position = 100, .connect_ms = 1, .first_byte_ms = 2, .idle_ms = 3, .total_ms = 4,
        .rev = 1,
    };
}

__attribute__((unused)) static void provider_seal(const struct keyring *ring, struct provider_row *row, const char *secret)
{
    struct sealed sealed;
    seal(ring, a, (struct seal_place){"providers", row->id, "secret"}, bytes_of(secret), &sealed);
    row->has_secret = true;
    row->secret = hex_text(sealed.text, a);
    row->secret_dek = hex_text(sealed.dek, a);
    row->secret_kid = sealed.kid;
}

__attribute__((unused)) static struct api_key_row key_row(const char *id, const char *models)
{
    static const uint8_t hash[32] = {7};
    return (struct api_key_row){.id = id, .name = "n", .tail = "tail", .role = "developer", .data_class = "internal", .models = models,
                                .owner = "", .hash = hex_text((struct bytes){hash, 32}, a), .pepper_kid = 1};
}

#define LIST_OF(...) (struct list){(__VA_ARGS__), COUNT((__VA_ARGS__))}

/* A snapshot's rows, ${n} of each kind. Texts are any; what is sealed opens. */
__attribute__((unused)) static struct snapshot_rows rows_any(struct random *r, const struct keyring *ring, size_t n)
{
    struct setting_row *settings = NEW_ARRAY(a, struct setting_row, n);
    struct provider_row *providers = NEW_ARRAY(a, struct provider_row, n);
    struct model_row *models = NEW_ARRAY(a, struct model_row, n);
    struct price_row *prices = NEW_ARRAY(a, struct price_row, n);
    struct api_key_row *keys = NEW_ARRAY(a, struct api_key_row, n);
    struct sealed_key_row *sealed = NEW_ARRAY(a, struct sealed_key_row, 1);
    sealed[0] = pepper_row(ring);
    for (size_t i = 0; i < n; i++) {
        const char *id = arena_printf(a, "id-%zu", i);
        settings[i] = (struct setting_row){random_text(r, 20), random_text(r, 40), random_text(r, 10), 1700000000000000 + (int64_t)i * 1000};
        providers[i] = provider_row(id, random_text(r, 30), random_below(r, 2) ? "local" : "cloud");
        providers[i].note = random_text(r, 300);
        providers[i].enabled = random_below(r, 2);
        if (random_below(r, 2))
            provider_seal(ring, &providers[i], random_text(r, 100));
        models[i] = (struct model_row){.provider_id = id, .name = random_text(r, 60), .enabled = true, .position = (int64_t)i, .input_micros_per_mtok = 1,
                                       .output_micros_per_mtok = 2, .cached_micros_per_mtok = (int64_t)(random_next(r) >> 1),
                                       .context = (int64_t)random_below(r, 1000000), .can = (int64_t)random_below(r, 32), .remote = random_below(r, 2),
                                       .breaker = "free"};
        prices[i] = (struct price_row){.id = id, .owner = "openai", .model = random_text(r, 60), .valid_from = (int64_t)i * 1000000, .currency = "USD",
                                       .input = (int64_t)random_below(r, 1000000), .cached = PRICE_NONE, .source = random_text(r, 40), .as_of = "2026-08-01",
                                       .origin = "seed", .created_by = ""};
        keys[i] = key_row(arena_printf(a, "key-%04zu", i), random_below(r, 2) ? "[]" : "[\"m\",\"模型\"]");
    }
    return (struct snapshot_rows){{settings, n}, {providers, n}, {models, n}, {keys, n}, {sealed, 1}, {prices, n}, 1700000000123456, random_below(r, 2)};
}

#endif
