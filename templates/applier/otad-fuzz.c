/*
 * A target for libFuzzer: `make fuzz`. An input is a length in two bytes, an old image of that length, and a delta. Built with
 * FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION, so that the digest of the old image and the memory field need not be right for the rest to
 * be reached.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "otad.h"

#include <stdlib.h>
#include <string.h>

struct input {
  const uint8_t *old_image;
  const uint8_t *delta;
  uint64_t written, new_length;
};

static int read_old(void *context, uint64_t offset, uint8_t *bytes, uint32_t length) {
  memcpy(bytes, ((struct input *)context)->old_image + offset, length);
  return 0;
}

static int read_delta(void *context, uint64_t offset, uint8_t *bytes, uint32_t length) {
  memcpy(bytes, ((struct input *)context)->delta + offset, length);
  return 0;
}

static int write_new(void *context, const uint8_t *bytes, uint32_t length) {
  struct input *input = context;
  (void)bytes;
  input->written += length;
  if (input->written > input->new_length) abort();
  return 0;
}

static int progress(void *context, enum otad_phase phase, uint64_t done, uint64_t total) {
  (void)context;
  /* A small input can promise a long image of matches: enough of it was seen. */
  return phase == OTAD_WRITING && done < total && done > 1 << 16;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct input input = {NULL, NULL, 0, 0};
  struct otad_io io = {0};
  struct otad_header header;
  size_t old_length;
  uint8_t *copy;
  if (size < 2) return 0;
  old_length = (size_t)data[0] | (size_t)data[1] << 8;
  data += 2;
  size -= 2;
  if (old_length > size) old_length = size;
  /* Images of their own, so that a step beyond one does not land in the other. */
  copy = malloc(old_length + 1);
  if (!copy) return 0;
  memcpy(copy, data, old_length);
  input.old_image = copy;
  input.delta = data + old_length;
  io.context = &input;
  io.old_length = old_length;
  io.delta_length = size - old_length;
  io.read_old = read_old;
  io.read_delta = read_delta;
  io.write_new = write_new;
  io.progress = progress;
  if (otad_read_header(&io, &header) == OTAD_OK && header.memory < 1 << 22) {
    void *arena = malloc(otad_arena_size(&header));
    input.new_length = header.new_length;
    if (arena) (void)otad_apply(&io, arena, otad_arena_size(&header));
    free(arena);
  }
  free(copy);
  return 0;
}
