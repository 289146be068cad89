/*
 * Applies many deltas in one process and says how each ended, for tests that compare with the tool's own applier.
 *
 *   batch < RECORDS
 *
 * A record is a letter, a length in 4 bytes (little-endian) and as many bytes: `o` is the old image for what follows, `d` a delta that
 * is applied to it. For each delta there is a line: the code, the bytes that were written and their SHA-256. Each delta
 * and arena is exactly as large as it has to be, in memory of its own, so that a sanitizer sees a step beyond.
 */
#include "otad.h"
#if OTAD_BROTLI
#include "otad-brotli.h"
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A hostile header does not take the machine's memory: the same limit is given to the other applier. */
#define MOST_MEMORY (64u << 20)

struct memory {
  const uint8_t *old_image;
  const uint8_t *delta;
  struct otad_sha256 sha;
  uint64_t written;
  uint64_t new_length;
};

static int read_old(void *context, uint64_t offset, uint8_t *bytes, uint32_t length) {
  if (length == 0 || length > OTAD_PIECE) abort();
  memcpy(bytes, ((struct memory *)context)->old_image + offset, length);
  return 0;
}

static int read_delta(void *context, uint64_t offset, uint8_t *bytes, uint32_t length) {
  if (length == 0 || length > 256) abort();
  memcpy(bytes, ((struct memory *)context)->delta + offset, length);
  return 0;
}

static int write_new(void *context, const uint8_t *bytes, uint32_t length) {
  struct memory *memory = context;
  /* Whole pieces but for the last, and never more than the header promises. */
  if (length == 0 || memory->written % OTAD_PIECE != 0 || memory->written + length > memory->new_length) abort();
  memory->written += length;
  otad_sha256_update(&memory->sha, bytes, length);
  return 0;
}

static void apply(const uint8_t *old_image, uint32_t old_length, const uint8_t *delta, uint32_t delta_length) {
  struct memory memory = {0};
  struct otad_io io = {0};
  struct otad_header header;
  enum otad_status status;
  uint8_t digest[32];
  memory.old_image = old_image;
  memory.delta = delta;
  otad_sha256_init(&memory.sha);
  io.context = &memory;
  io.old_length = old_length;
  io.delta_length = delta_length;
  io.read_old = read_old;
  io.read_delta = read_delta;
  io.write_new = write_new;
#if OTAD_BROTLI
  io.brotli = &otad_libbrotli;
#endif
  status = otad_read_header(&io, &header);
  if (status == OTAD_OK && header.memory > MOST_MEMORY) status = OTAD_DELTA_TOO_LARGE;
  if (status == OTAD_OK) {
    size_t size = otad_arena_size(&header);
    void *arena = malloc(size);
    if (!arena) abort();
    memset(arena, 0xa5, size);
    memory.new_length = header.new_length;
    if (otad_apply(&io, arena, size - 1) != OTAD_DELTA_TOO_LARGE) abort();
    status = otad_apply(&io, arena, size);
    free(arena);
  }
  otad_sha256_final(&memory.sha, digest);
  printf("%s %llu ", otad_code(status), (unsigned long long)memory.written);
  for (unsigned i = 0; i < sizeof digest; i++) printf("%02x", digest[i]);
  putchar('\n');
}

int main(void) {
  uint8_t *old_image = NULL, start[5];
  uint32_t old_length = 0;
  while (fread(start, 1, sizeof start, stdin) == sizeof start) {
    uint32_t length = (uint32_t)start[1] | (uint32_t)start[2] << 8 | (uint32_t)start[3] << 16 | (uint32_t)start[4] << 24;
    uint8_t *bytes = malloc(length > 0 ? length : 1);
    if (!bytes || fread(bytes, 1, length, stdin) != length) abort();
    if (start[0] == 'o') {
      free(old_image);
      old_image = bytes;
      old_length = length;
    } else {
      apply(old_image, old_length, bytes, length);
      free(bytes);
    }
  }
  free(old_image);
  return 0;
}
