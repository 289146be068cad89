/*
 * Applies a delta of format otad, version 2, on a device: docs/formats/delta.md of the tool that makes them.
 *
 * C99, freestanding: memcpy, memset and memcmp are all that is asked of a C library. Nothing is allocated, nothing recurs,
 * and there is no state outside the caller's arena. README.md beside this file says how to wire it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef OTAD_H
#define OTAD_H

#include <stddef.h>
#include <stdint.h>

/* What is built in; each can be given to the compiler as 0 or 1. A delta that takes more is refused as `unsupported`. */
#ifndef OTAD_PREDICTION
#define OTAD_PREDICTION 1 /* references in machine code and data */
#endif
#ifndef OTAD_LZMA
#define OTAD_LZMA 1 /* the coder that deltas are made with */
#endif
#ifndef OTAD_DEFLATE
#define OTAD_DEFLATE 1
#endif
#ifndef OTAD_BROTLI
#define OTAD_BROTLI 0 /* 1: the caller has a decoder, see `brotli` below */
#endif
#ifndef OTAD_SHA256
#define OTAD_SHA256 1 /* 0: the caller defines the three functions of struct otad_sha256, for hardware */
#endif

/* Bytes of the old image that are read, and of the new image that are written, at a time: a page of flash, say. */
#ifndef OTAD_PIECE
#define OTAD_PIECE 1024
#endif

/* What the arena has to have beyond the memory that a delta declares. */
#define OTAD_ARENA_EXTRA (16 + (OTAD_PIECE > 1024 ? OTAD_PIECE - 1024 : 0))

/* How applying ends. The names of otad_code() are those of the tool's own errors. */
enum otad_status {
  OTAD_OK = 0,
  OTAD_DELTA_INVALID,    /* delta-invalid: it breaks a rule of its format */
  OTAD_DELTA_TOO_LARGE,  /* delta-too-large: the arena is too small */
  OTAD_DELTA_WRONG_BASE, /* delta-wrong-base: it is for another old image; nothing was written */
  OTAD_DIGEST_MISMATCH,  /* digest-mismatch: what was written is not the image that it promises */
  OTAD_UNSUPPORTED,      /* unsupported: it takes what is not built in */
  OTAD_IO_FAILED,        /* io-failed: a callback said so */
  OTAD_CANCELLED         /* cancelled: the progress callback said so */
};

const char *otad_code(enum otad_status status);

enum otad_phase {
  OTAD_CHECKING, /* hashing the old image, in bytes of it */
  OTAD_MAPPING,  /* reading where references lead, in steps of the delta */
  OTAD_WRITING   /* in bytes of the new image */
};

#if OTAD_BROTLI
/* The next coded bytes, valid until the next call; 0 where there are none left. */
typedef uint32_t otad_pull(void *source, const uint8_t **bytes);

struct otad_brotli {
  /* Starts a stream in `size` bytes at `memory`, aligned to 16. WBITS of the stream has been checked. */
  int (*open)(void *context, void *memory, size_t size);
  /* Exactly the next `length` bytes. With a length of 0: checks that the stream ends here, and its input with it. */
  int (*read)(void *context, void *memory, otad_pull *pull, void *source, uint8_t *bytes, uint32_t length);
  /* Called once for each open. */
  void (*close)(void *context, void *memory);
};
#endif

/*
 * Where the images and the delta are. Callbacks return 0, or anything else to have it end with OTAD_IO_FAILED. Nothing outside
 * the lengths is asked for, and never 0 bytes.
 */
struct otad_io {
  void *context;
  uint64_t old_length;
  uint64_t delta_length;
  /* At most OTAD_PIECE bytes, at any place. */
  int (*read_old)(void *context, uint64_t offset, uint8_t *bytes, uint32_t length);
  /* At most 256 bytes, at any place: each section is read from front to back, the sections in turns. */
  int (*read_delta)(void *context, uint64_t offset, uint8_t *bytes, uint32_t length);
  /* The new image from front to back: OTAD_PIECE bytes each time, less only for the last. */
  int (*write_new)(void *context, const uint8_t *bytes, uint32_t length);
  /* Called often, to feed a watchdog or to show progress; anything but 0 cancels. May be null. */
  int (*progress)(void *context, enum otad_phase phase, uint64_t done, uint64_t total);
#if OTAD_BROTLI
  const struct otad_brotli *brotli;
#endif
};

enum { OTAD_SECTIONS = 6 };

/* An entry of the table of sections; `length` is 0 for one that is not there. */
struct otad_entry {
  uint64_t start; /* in the delta */
  uint64_t length;
  uint64_t coded;
  uint8_t coder;
  uint8_t properties;
  uint8_t window_bits;
};

struct otad_header {
  uint64_t old_length;
  uint64_t new_length;
  uint8_t old_sha256[32];
  uint8_t new_sha256[32];
  uint32_t memory;
  uint32_t steps;
  uint16_t group;
  uint8_t block_bits;
  uint8_t label_bits;
  struct otad_entry sections[OTAD_SECTIONS];
};

/* Reads the header alone: which image it is for, how long the new one gets, how much memory it takes. */
enum otad_status otad_read_header(const struct otad_io *io, struct otad_header *header);

/* Bytes of arena to apply it with: header->memory + OTAD_ARENA_EXTRA; 0 where that is more than a size_t holds. */
size_t otad_arena_size(const struct otad_header *header);

/*
 * Makes the new image. The old one is checked before anything is written. What was written is the new image if, and only if,
 * this returns OTAD_OK.
 */
enum otad_status otad_apply(const struct otad_io *io, void *arena, size_t arena_size);

/* SHA-256. `state` is the first member, so that hardware may keep what it likes in the rest. */
struct otad_sha256 {
  uint32_t state[8];
  uint64_t length;
  uint8_t block[64];
};
void otad_sha256_init(struct otad_sha256 *sha);
void otad_sha256_update(struct otad_sha256 *sha, const uint8_t *bytes, size_t length);
void otad_sha256_final(struct otad_sha256 *sha, uint8_t digest[32]);

#endif
