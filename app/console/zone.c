/* SPDX-License-Identifier: MIT */
#include "console/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { ZONE_MOST = 64 << 10, NAME_MOST = 48, HEADER = 44, TYPE_BYTES = 6 };

const char *const zone_names[] = {
    "Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Singapore", "Asia/Tokyo", "Asia/Seoul", "Asia/Kolkata", "Asia/Dubai",
    "Europe/Moscow", "Europe/Berlin", "Europe/Paris", "Europe/London", "UTC", "America/Sao_Paulo", "America/New_York", "America/Chicago",
    "America/Denver", "America/Los_Angeles", "Australia/Sydney", "Pacific/Auckland", NULL,
};

static uint32_t read_u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t read_i64(const uint8_t *p)
{
    return (int64_t)((uint64_t)read_u32(p) << 32 | read_u32(p + 4));
}

static bool name_ok(const char *name)
{
    size_t n = strlen(name);

    return n > 0 && n <= NAME_MOST && name[0] != '/' && !strstr(name, "..")
        && strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") == n;
}

static bool read_whole(const char *name, struct arena *a, struct bytes *file_r)
{
    const char *folder = getenv("TZDIR");
    FILE *f = fopen(arena_printf(a, "%s/%s", folder ? folder : "/usr/share/zoneinfo", name), "re");
    uint8_t *p;

    if (!f)
        return false;
    p = arena_alloc(a, ZONE_MOST);
    *file_r = (struct bytes){p, fread(p, 1, ZONE_MOST, f)};
    fclose(f);
    return file_r->n > HEADER && memcmp(p, "TZif", 4) == 0 && p[4] >= '2';
}

/* The six counts of a header: isut, isstd, leap, time, type, char; and the bytes of its data with moments of ${wide} bytes. */
static size_t data_size(const uint8_t *header, size_t wide, uint32_t counts[6])
{
    for (size_t i = 0; i < 6; i++)
        counts[i] = read_u32(header + 20 + 4 * i) & 0xffff;
    return counts[3] * (wide + 1) + counts[4] * TYPE_BYTES + counts[5] + counts[2] * (wide + 4) + counts[1] + counts[0];
}

/* A version 2 file holds everything twice: with 32 bits first, which is skipped. */
static bool find_data(struct bytes file, struct zone *zone)
{
    uint32_t counts[6];
    size_t at = HEADER + data_size(file.p, 4, counts);
    const uint8_t *data = file.p + at + HEADER;

    if (at + HEADER > file.n || at + HEADER + data_size(file.p + at, 8, counts) > file.n || !counts[4])
        return false;
    zone->times = data;
    zone->times_n = counts[3];
    zone->kinds = data + 8 * (size_t)counts[3];
    zone->types = zone->kinds + counts[3];
    zone->types_n = counts[4];
    return true;
}

bool zone_load(const char *name, struct arena *a, struct zone *zone_r)
{
    struct bytes file;

    *zone_r = (struct zone){.name = "UTC"};
    if (!name || !name_ok(name) || !read_whole(name, a, &file) || !find_data(file, zone_r))
        return false;
    zone_r->name = arena_text(a, name);
    return true;
}

int zone_offset(const struct zone *zone, int64_t micros)
{
    int64_t seconds = micros / 1000000;
    size_t low = 0, high = zone->times_n, type = 0;

    if (!zone->types)
        return 0;
    while (low < high) {                     /* the last change at or before the moment */
        size_t middle = low + (high - low) / 2;

        if (read_i64(zone->times + 8 * middle) <= seconds)
            low = middle + 1;
        else
            high = middle;
    }
    if (low > 0)
        type = zone->kinds[low - 1];
    return type < zone->types_n ? (int)(int32_t)read_u32(zone->types + TYPE_BYTES * type) : 0;
}

const char *zone_label(int offset_s, struct arena *a)
{
    int minutes = abs(offset_s) / 60;
    const char *sign = offset_s < 0 ? "−" : "+";

    if (!minutes)
        return "UTC";
    if (minutes % 60 == 0)
        return arena_printf(a, "UTC%s%d", sign, minutes / 60);
    return arena_printf(a, "UTC%s%d:%02d", sign, minutes / 60, minutes % 60);
}
