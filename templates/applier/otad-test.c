/*
 * Tests the applier on the machine that builds it, under sanitizers: `make test`.
 *
 *   otad-test MUTANTS NAME...
 *
 * NAME.old, NAME.otad and NAME.new are an old image, a delta and what it makes of it. Each has to be made; then the same delta
 * with MUTANTS faults, each fault in turn, must be refused or make the very same image.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "otad.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bytes {
  uint8_t *at;
  size_t length;
};

/* What the callbacks work on, and what they are told to do wrong. */
struct trial {
  struct bytes old_image, delta, new_image;
  uint64_t written;
  unsigned long calls;
  unsigned long fail_at; /* the call that fails, counted from 1; 0: none */
};

static void check(int holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "otad-test: %s\n", what);
  exit(1);
}

static int failing(struct trial *trial) { return ++trial->calls == trial->fail_at; }

static int read_bytes(const struct bytes *bytes, uint64_t offset, uint8_t *to, uint32_t length) {
  check(length > 0 && offset <= bytes->length && length <= bytes->length - offset, "read outside of a file");
  memcpy(to, bytes->at + offset, length);
  return 0;
}

static int read_old(void *context, uint64_t offset, uint8_t *bytes, uint32_t length) {
  struct trial *trial = context;
  check(length <= OTAD_PIECE, "more of the old image than a piece");
  return failing(trial) ? -1 : read_bytes(&trial->old_image, offset, bytes, length);
}

static int read_delta(void *context, uint64_t offset, uint8_t *bytes, uint32_t length) {
  struct trial *trial = context;
  check(length <= 256, "more of the delta than 256 bytes");
  return failing(trial) ? -1 : read_bytes(&trial->delta, offset, bytes, length);
}

static int write_new(void *context, const uint8_t *bytes, uint32_t length) {
  struct trial *trial = context;
  if (failing(trial)) return -1;
  check(length > 0 && trial->written % OTAD_PIECE == 0, "a piece that is not whole before the last");
  if (length <= trial->new_image.length - trial->written) memcpy(trial->new_image.at + trial->written, bytes, length);
  trial->written += length;
  return 0;
}

static int progress(void *context, enum otad_phase phase, uint64_t done, uint64_t total) {
  check(phase <= OTAD_WRITING && done <= total, "progress beyond its end");
  return failing(context);
}

/* Applies with an arena that is `lacking` bytes too small. */
static enum otad_status apply(struct trial *trial, size_t lacking) {
  struct otad_io io = {0};
  struct otad_header header;
  enum otad_status status;
  void *arena;
  io.context = trial;
  io.old_length = trial->old_image.length;
  io.delta_length = trial->delta.length;
  io.read_old = read_old;
  io.read_delta = read_delta;
  io.write_new = write_new;
  io.progress = progress;
  trial->written = 0;
  trial->calls = 0;
  status = otad_read_header(&io, &header);
  if (status != OTAD_OK) return status;
  check(header.memory <= 64u << 20, "a vector takes more than 64 MiB");
  arena = malloc(otad_arena_size(&header) - lacking);
  check(arena != NULL, "no memory");
  status = otad_apply(&io, arena, otad_arena_size(&header) - lacking);
  free(arena);
  return status;
}

static struct bytes read_file(const char *name, const char *suffix) {
  struct bytes bytes = {NULL, 0};
  char path[512];
  FILE *file;
  snprintf(path, sizeof path, "%s.%s", name, suffix);
  file = fopen(path, "rb");
  check(file != NULL, path);
  bytes.at = malloc(1 << 20);
  check(bytes.at != NULL, "no memory");
  bytes.length = fread(bytes.at, 1, 1 << 20, file);
  fclose(file);
  return bytes;
}

static uint32_t random_below(uint32_t bound) {
  static uint32_t state = 0x9e3779b9;
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state % bound;
}

static void vector(struct trial *trial, const struct bytes *expected, const char *name) {
  unsigned long calls;
  enum otad_status status = apply(trial, 0);
  if (status == OTAD_UNSUPPORTED) {
    printf("%s: unsupported by this build\n", name);
    return;
  }
  check(status == OTAD_OK && trial->written == expected->length, "a vector is refused");
  check(memcmp(trial->new_image.at, expected->at, expected->length) == 0, "a vector makes another image");
  calls = trial->calls;
  check(apply(trial, 1) == OTAD_DELTA_TOO_LARGE && trial->written == 0, "an arena that is too small is not refused");
  for (trial->fail_at = 1; trial->fail_at <= calls; trial->fail_at++) {
    status = apply(trial, 0);
    check(status == OTAD_IO_FAILED || status == OTAD_CANCELLED, "a callback that failed is not noticed");
  }
  trial->fail_at = 0;
  trial->old_image.at[0] ^= 1;
  check(apply(trial, 0) == OTAD_DELTA_WRONG_BASE && trial->written == 0, "another old image is not refused");
  trial->old_image.at[0] ^= 1;
  printf("%s: ok, %lu callbacks failed in turn\n", name, calls);
}

static void mutants(struct trial *trial, const struct bytes *expected, unsigned long count, const char *name) {
  unsigned long by_status[OTAD_CANCELLED + 1] = {0};
  struct bytes honest = trial->delta;
  for (; count > 0; count--) {
    enum otad_status status;
    struct bytes delta = honest;
    /* A copy that is no longer than it has to be, so that a sanitizer sees what is read behind it. */
    if (random_below(8) == 0) delta.length = random_below((uint32_t)honest.length);
    delta.at = malloc(delta.length + 1);
    check(delta.at != NULL, "no memory");
    memcpy(delta.at, honest.at, delta.length);
    for (uint32_t faults = 1 + random_below(3); faults > 0 && delta.length > 0; faults--) {
      delta.at[random_below((uint32_t)delta.length)] ^= (uint8_t)(1u << random_below(8));
    }
    trial->delta = delta;
    status = apply(trial, 0);
    by_status[status]++;
    if (status == OTAD_OK) {
      check(trial->written == expected->length && memcmp(trial->new_image.at, expected->at, expected->length) == 0,
            "a mutant makes another image");
    }
    free(delta.at);
  }
  trial->delta = honest;
  printf("%s:", name);
  for (unsigned status = 0; status <= OTAD_CANCELLED; status++) {
    if (by_status[status] > 0) printf(" %s %lu", otad_code((enum otad_status)status), by_status[status]);
  }
  printf("\n");
}

int main(int argc, char **argv) {
  check(argc > 2, "usage: otad-test MUTANTS NAME...");
  for (int i = 2; i < argc; i++) {
    struct trial trial = {{NULL, 0}, {NULL, 0}, {NULL, 0}, 0, 0, 0};
    struct bytes expected = read_file(argv[i], "new");
    trial.old_image = read_file(argv[i], "old");
    trial.delta = read_file(argv[i], "otad");
    trial.new_image.length = expected.length;
    trial.new_image.at = malloc(expected.length + 1);
    check(trial.new_image.at != NULL, "no memory");
    vector(&trial, &expected, argv[i]);
    mutants(&trial, &expected, strtoul(argv[1], NULL, 10), argv[i]);
    free(trial.old_image.at);
    free(trial.delta.at);
    free(trial.new_image.at);
    free(expected.at);
  }
  return 0;
}
