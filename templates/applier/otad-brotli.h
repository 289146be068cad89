/*
 * Google's Brotli decoder for otad, where there is a heap: an example of the hook. Link with -lbrotlidec.
 *
 * On a device, give BrotliDecoderCreateInstance an allocator that hands out the memory that `open` gets.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OTAD_BROTLI_H
#define OTAD_BROTLI_H

#include "otad.h"

#include <brotli/decode.h>
#include <string.h>

struct otad_brotli_state {
  BrotliDecoderState *decoder;
  const uint8_t *input;
  size_t left;
};

static int otad_brotli_open(void *context, void *memory, size_t size) {
  struct otad_brotli_state state = {NULL, NULL, 0};
  (void)context;
  state.decoder = BrotliDecoderCreateInstance(NULL, NULL, NULL);
  if (size < sizeof state || !state.decoder) return -1;
  memcpy(memory, &state, sizeof state);
  return 0;
}

static int otad_brotli_read(void *context, void *memory, otad_pull *pull, void *source, uint8_t *bytes, uint32_t length) {
  struct otad_brotli_state *state = memory;
  size_t room = length;
  uint8_t *at = bytes, surplus;
  (void)context;
  for (;;) {
    /* At the end there is room for a byte, so that one too many is seen. */
    size_t before = length > 0 ? room : 1, now = before;
    uint8_t *to = length > 0 ? at : &surplus;
    BrotliDecoderResult result = BrotliDecoderDecompressStream(state->decoder, &state->left, &state->input, &now, &to, NULL);
    if (length == 0 && now < before) return -1;
    at = to;
    room = length > 0 ? now : 0;
    if (result == BROTLI_DECODER_RESULT_ERROR) return -1;
    if (length > 0 && room == 0) return 0;
    if (result == BROTLI_DECODER_RESULT_SUCCESS) return length == 0 && state->left == 0 ? 0 : -1;
    if (result == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT && state->left == 0) {
      state->left = pull(source, &state->input);
      if (state->left == 0) return -1;
    }
  }
}

static void otad_brotli_close(void *context, void *memory) {
  (void)context;
  BrotliDecoderDestroyInstance(((struct otad_brotli_state *)memory)->decoder);
}

static const struct otad_brotli otad_libbrotli = {otad_brotli_open, otad_brotli_read, otad_brotli_close};

#endif
