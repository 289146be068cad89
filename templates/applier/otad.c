/*
 * Applies a delta of format otad, version 2. What the sections hold and in which order faults are looked for is said in
 * docs/formats/delta.md; the headings there are the names here.
 *
 * Errors stick: the first one is kept in `status`, what is read after it is zeros or nothing, and each loop ends on it. So no
 * call has to be checked for its own sake.
 *
 * Numbers of up to 2^53 and distances between them are unsigned 64-bit words that wrap around: one below zero is a very large
 * one, and is in no image and in no part. No byte order or representation of the machine shows.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "otad.h"

/* Declared here, since a freestanding compiler need not have <string.h>. */
void *memcpy(void *restrict to, const void *restrict from, size_t count);
void *memset(void *bytes, int value, size_t count);
int memcmp(const void *a, const void *b, size_t count);

#define INPUT 256u
#define IMAGE_MAX ((uint64_t)1 << 48)
#define PLACE_MAX ((uint64_t)1 << 50)
#define NUMBER_MAX (((uint64_t)1 << 53) - 1)
#define PARAMETERS_MAX ((uint64_t)1 << 20)
#define BUFFERS 4096u
#define NOTHING UINT64_MAX

/* The sections by their places in struct otad_header, and their kinds. */
enum { PREDICTION, MODES, CONTROLS, RUNS, DIFFERENCES, INSERTIONS };
static const uint8_t section_kinds[OTAD_SECTIONS] = {8, 9, 16, 17, 18, 19};

enum { STORED, DEFLATE, BROTLI, LZMA, LZMA2, CODERS };

struct lzma {
  uint16_t *probabilities;
  uint32_t range;
  uint32_t code;
  uint32_t repeated[4];
  uint32_t match; /* bytes of the present match that are not given out yet */
  uint32_t chunk; /* LZMA2: bytes of the present chunk that are not given out yet */
  uint64_t rest;  /* and the coded bytes behind it */
  uint8_t stored; /* whether it is not coded */
  uint8_t told;   /* whether a chunk has said its properties */
  uint8_t state;
};

struct inflate {
  uint16_t *tables;
  uint32_t bits;
  uint32_t distance;
  uint16_t match;  /* as above */
  uint16_t stored; /* bytes of the present stored block that are not given out yet */
  uint8_t bit_count;
  uint8_t in_block;
  uint8_t last;
};

/* A section that is being read. */
struct section {
  const struct otad_entry *entry;
  uint64_t left;  /* decoded bytes that are not given out yet */
  uint64_t taken; /* coded bytes that were read */
  uint8_t *window;
  uint32_t at;     /* bytes that went into the window, modulo 2^32 */
  uint32_t filled; /* and how many of them it holds */
  uint16_t input_at;
  uint16_t input_end;
  uint8_t started;
  uint8_t open; /* the caller's decoder has to be closed */
  union {
    struct lzma lzma;
    struct inflate inflate;
    void *brotli;
  } coder;
  uint8_t input[INPUT];
};

struct step {
  uint64_t add, insert, from;
};

/* Where `length` old bytes from `from` on have gone. */
struct moved {
  uint64_t from, to, length;
};

/* A part of an image, and where it is in memory. */
struct part {
  uint64_t program, offset, length, memory, address;
};

struct mode {
  uint64_t kind, base;
};

struct label {
  uint64_t target, moved_to;
};

struct controls {
  uint64_t *add, *insert, *seek;
  uint64_t position;
  uint64_t made;
  uint32_t unread; /* steps whose group is not in memory yet */
  uint32_t count, next;
};

#if OTAD_PREDICTION
enum { LABEL_SHIFTS = 256 };

struct prediction {
  struct mode *modes;
  struct part *old_parts, *new_parts;
  struct moved *map;
  struct label *labels; /* null where none are kept */
  uint64_t *shifts;
  uint8_t *old_bytes, *new_bytes; /* a block each */
  uint64_t run;                   /* blocks that the present mode goes on for */
  uint64_t added;                 /* added bytes of the whole delta */
  uint32_t old_count, new_count, moved_count;
  uint32_t block_left; /* bytes of the present block that are not made yet */
  uint8_t mode_count;
  uint8_t mode; /* of the present block */
};
#endif

struct otad {
  const struct otad_io *io;
  struct otad_header header;
  struct section sections[OTAD_SECTIONS];
  struct controls controls;
#if OTAD_PREDICTION
  struct prediction prediction;
#endif
  struct otad_sha256 sha;
  uint64_t dirty, clean; /* what is left of the present pair of runs */
  uint64_t written;
  uint8_t *free; /* what is left of the arena */
  uint32_t fill; /* bytes of `piece` */
  enum otad_status status;
  uint8_t piece[OTAD_PIECE];
};

/* What the memory field has for pieces and digests, and what the extra is for, take all of it. */
typedef char otad_fits_its_memory[sizeof(struct otad) <= BUFFERS + OTAD_ARENA_EXTRA - 16 ? 1 : -1];
typedef char otad_piece_is_right[OTAD_PIECE >= 64 ? 1 : -1];
typedef char otad_step_is_right[sizeof(struct step) == 24 && sizeof(struct moved) == 24 ? 1 : -1];
typedef char otad_part_is_right[sizeof(struct part) == 40 && sizeof(struct mode) == 16 ? 1 : -1];
typedef char otad_label_is_right[sizeof(struct label) == 16 ? 1 : -1];

const char *otad_code(enum otad_status status) {
  static const char *const codes[] = {"ok",          "delta-invalid", "delta-too-large", "delta-wrong-base", "digest-mismatch",
                                      "unsupported", "io-failed",     "cancelled"};
  return codes[status];
}

static void fail(struct otad *o, enum otad_status status) {
  if (o->status == OTAD_OK) o->status = status;
}

static int failed(const struct otad *o) { return o->status != OTAD_OK; }

static void progress(struct otad *o, enum otad_phase phase, uint64_t done, uint64_t total) {
  if (o->io->progress && o->io->progress(o->io->context, phase, done, total)) fail(o, OTAD_CANCELLED);
}

static uint32_t least(uint64_t a, uint32_t b) { return a < b ? (uint32_t)a : b; }

static uint32_t word16(const uint8_t *bytes) { return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8; }

static uint32_t word32(const uint8_t *bytes) { return word16(bytes) | word16(bytes + 2) << 16; }

static uint64_t word64(const uint8_t *bytes) { return word32(bytes) | (uint64_t)word32(bytes + 4) << 32; }

/* --- SHA-256, FIPS 180-4 --- */

#if OTAD_SHA256
static const uint32_t sha_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t word, unsigned bits) { return word >> bits | word << (32 - bits); }

static void sha_block(uint32_t state[8], const uint8_t *bytes) {
  uint32_t words[16], s[8];
  memcpy(s, state, sizeof s);
  for (unsigned round = 0; round < 64; round++) {
    uint32_t word;
    if (round < 16) {
      const uint8_t *at = bytes + 4 * round;
      word = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    } else {
      uint32_t a = words[(round + 1) & 15], b = words[(round + 14) & 15];
      word = words[round & 15] + words[(round + 9) & 15] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
    }
    words[round & 15] = word;
    uint32_t one = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + sha_constants[round] + word;
    uint32_t two = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
    s[7] = s[6];
    s[6] = s[5];
    s[5] = s[4];
    s[4] = s[3] + one;
    s[3] = s[2];
    s[2] = s[1];
    s[1] = s[0];
    s[0] = one + two;
  }
  for (unsigned i = 0; i < 8; i++) state[i] += s[i];
}

void otad_sha256_init(struct otad_sha256 *sha) {
  static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  memcpy(sha->state, start, sizeof start);
  sha->length = 0;
}

void otad_sha256_update(struct otad_sha256 *sha, const uint8_t *bytes, size_t length) {
  while (length > 0) {
    size_t at = (size_t)(sha->length & 63), count = 64 - at < length ? 64 - at : length;
    if (count == 64) {
      sha_block(sha->state, bytes);
    } else {
      memcpy(sha->block + at, bytes, count);
      if (at + count == 64) sha_block(sha->state, sha->block);
    }
    sha->length += count;
    bytes += count;
    length -= count;
  }
}

void otad_sha256_final(struct otad_sha256 *sha, uint8_t digest[32]) {
  uint64_t bits = sha->length * 8;
  uint8_t tail[8], byte = 0x80;
  for (unsigned i = 0; i < 8; i++) tail[i] = (uint8_t)(bits >> (56 - 8 * i));
  do {
    otad_sha256_update(sha, &byte, 1);
    byte = 0;
  } while ((sha->length & 63) != 56);
  otad_sha256_update(sha, tail, 8);
  for (unsigned i = 0; i < 32; i++) digest[i] = (uint8_t)(sha->state[i / 4] >> (24 - 8 * (i & 3)));
}
#endif

/* --- Header --- */

/* A reader of the table, which may end anywhere. */
struct cursor {
  const struct otad_io *io;
  uint64_t at;
  enum otad_status status;
};

static uint8_t header_byte(struct cursor *cursor) {
  uint8_t byte = 0;
  if (cursor->status != OTAD_OK) return 0;
  if (cursor->at >= cursor->io->delta_length) {
    cursor->status = OTAD_DELTA_INVALID;
  } else if (cursor->io->read_delta(cursor->io->context, cursor->at, &byte, 1)) {
    cursor->status = OTAD_IO_FAILED;
  }
  cursor->at++;
  return byte;
}

/* Adds the byte numbered `index` of a varint to its value: 1 to go on, 0 where it ends, -1 where it is damaged. */
static int varint_byte(uint64_t *value, unsigned index, uint8_t byte) {
  *value |= (uint64_t)(byte & 127) << (7 * index);
  if (byte >= 128) return index < 7 ? 1 : -1;
  return (byte == 0 && index > 0) || *value > NUMBER_MAX ? -1 : 0;
}

static uint64_t header_varint(struct cursor *cursor) {
  uint64_t value = 0;
  int more = 1;
  for (unsigned index = 0; more > 0; index++) more = varint_byte(&value, index, header_byte(cursor));
  if (more < 0 && cursor->status == OTAD_OK) cursor->status = OTAD_DELTA_INVALID;
  return value;
}

static uint64_t coding_memory(const struct otad_entry *entry) {
  uint64_t window = (uint64_t)1 << entry->window_bits;
  unsigned lc = entry->properties % 9, lp = entry->properties / 9 % 5, pb = entry->properties / 45;
  if (entry->coder == DEFLATE) return window + 8192;
  if (entry->coder == BROTLI) return window + 3145728;
  if (entry->coder >= LZMA) return window + 2 * (951 + ((uint64_t)56 << pb) + ((uint64_t)768 << (lc + lp)));
  return 0;
}

static int coding_valid(const struct otad_entry *entry) {
  static const uint8_t bits[CODERS][2] = {{0, 0}, {9, 15}, {10, 24}, {0, 26}, {0, 26}};
  if (entry->coder >= CODERS) return 0;
  if (entry->window_bits < bits[entry->coder][0] || entry->window_bits > bits[entry->coder][1]) return 0;
  if (entry->coder < LZMA) return entry->properties == 0;
  return entry->properties < 225 && entry->properties % 9 + entry->properties / 9 % 5 <= 4;
}

static int coding_built_in(const struct otad_io *io, uint8_t coder) {
#if OTAD_BROTLI
  if (coder == BROTLI) return io->brotli != NULL;
#endif
  (void)io;
  return coder == STORED || (coder >= LZMA && OTAD_LZMA) || (coder == DEFLATE && OTAD_DEFLATE);
}

static enum otad_status read_table(struct cursor *cursor, struct otad_header *header, unsigned count) {
  int before = -1, unsupported = 0;
  for (; count > 0; count--) {
    struct otad_entry entry = {0, 0, 0, 0, 0, 0};
    uint8_t kind = header_byte(cursor);
    unsigned place = 0;
    entry.coder = header_byte(cursor);
    entry.properties = header_byte(cursor);
    entry.window_bits = header_byte(cursor);
    entry.length = header_varint(cursor);
    entry.coded = header_varint(cursor);
    if (cursor->status != OTAD_OK) return cursor->status;
    /* What those kinds mean for the rest of the header is not known here. */
    if ((kind >= 1 && kind <= 7) || (kind >= 10 && kind <= 15)) return OTAD_UNSUPPORTED;
    while (place < OTAD_SECTIONS && section_kinds[place] != kind) place++;
    if (place == OTAD_SECTIONS || kind <= before || !coding_valid(&entry)) return OTAD_DELTA_INVALID;
    if (entry.length == 0 || entry.coded == 0 || entry.length > PLACE_MAX || entry.coded > PLACE_MAX) return OTAD_DELTA_INVALID;
    if (!coding_built_in(cursor->io, entry.coder) || (place <= MODES && !OTAD_PREDICTION)) unsupported = 1;
    before = kind;
    header->sections[place] = entry;
  }
  for (unsigned place = 0; place < OTAD_SECTIONS; place++) {
    header->sections[place].start = cursor->at;
    cursor->at += header->sections[place].coded;
  }
  if (cursor->at != cursor->io->delta_length) return OTAD_DELTA_INVALID;
  return unsupported ? OTAD_UNSUPPORTED : OTAD_OK;
}

/* Of the header: "Memory". */
static uint64_t memory_of(const struct otad_header *header) {
  uint64_t sum = BUFFERS + (uint64_t)24 * header->group;
  for (unsigned place = 0; place < OTAD_SECTIONS; place++) {
    if (header->sections[place].length > 0) sum += coding_memory(&header->sections[place]);
  }
  if (header->block_bits == 0) return sum;
  if (header->label_bits > 0) sum += ((uint64_t)16 << header->label_bits) + 2048;
  return sum + 8 * header->sections[PREDICTION].length + (uint64_t)24 * header->steps + ((uint64_t)2 << header->block_bits);
}

enum otad_status otad_read_header(const struct otad_io *io, struct otad_header *header) {
  uint8_t fixed[104];
  struct cursor cursor = {io, sizeof fixed, OTAD_OK};
  enum otad_status status;
  memset(header, 0, sizeof *header);
  if (io->delta_length < sizeof fixed) return OTAD_DELTA_INVALID;
  if (io->read_delta(io->context, 0, fixed, sizeof fixed)) return OTAD_IO_FAILED;
  header->group = (uint16_t)word16(fixed + 10);
  header->memory = word32(fixed + 12);
  header->steps = word32(fixed + 16);
  header->block_bits = fixed[20];
  header->label_bits = fixed[21];
  header->old_length = word64(fixed + 24);
  header->new_length = word64(fixed + 32);
  memcpy(header->old_sha256, fixed + 40, 32);
  memcpy(header->new_sha256, fixed + 72, 32);
  if (memcmp(fixed, "otadelta", 8) != 0 || fixed[8] != 2 || header->group == 0 || word16(fixed + 22) != 0) return OTAD_DELTA_INVALID;
  if (header->old_length > IMAGE_MAX || header->new_length > IMAGE_MAX) return OTAD_DELTA_INVALID;
  status = read_table(&cursor, header, fixed[9]);
  if (status != OTAD_OK && status != OTAD_UNSUPPORTED) return status;
  if (status == OTAD_UNSUPPORTED && cursor.at != io->delta_length) return status;
  if (header->sections[PREDICTION].length > 0 || header->sections[MODES].length > 0) {
    if (header->block_bits < 6 || header->block_bits > 16 || header->label_bits > 20) return OTAD_DELTA_INVALID;
  } else if (header->block_bits > 0 || header->label_bits > 0) {
    return OTAD_DELTA_INVALID;
  }
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
  header->old_length = io->old_length;
  header->memory = memory_of(header) > UINT32_MAX ? UINT32_MAX : (uint32_t)memory_of(header);
#endif
  return memory_of(header) == header->memory ? status : OTAD_DELTA_INVALID;
}

size_t otad_arena_size(const struct otad_header *header) {
  uint64_t size = (uint64_t)header->memory + OTAD_ARENA_EXTRA;
  return (size_t)size == size ? (size_t)size : 0;
}

/* --- Sections --- */

/* What follows in the arena; its size has been checked against the memory field, which is the sum of all that is taken. */
static void *take(struct otad *o, size_t bytes) {
  uint8_t *memory = o->free;
  o->free += bytes;
  return memory;
}

/* The next piece of coded bytes. */
static void refill(struct otad *o, struct section *s) {
  uint32_t count = least(s->entry->coded - s->taken, INPUT);
  s->input_at = 0;
  s->input_end = 0;
  if (count == 0) {
    fail(o, OTAD_DELTA_INVALID);
  } else if (!failed(o)) {
    if (o->io->read_delta(o->io->context, s->entry->start + s->taken, s->input, count)) fail(o, OTAD_IO_FAILED);
    s->input_end = (uint16_t)count;
    s->taken += count;
  }
}

/* Coded bytes that nothing has used. */
static uint64_t coded_left(const struct section *s) {
  return s->entry->coded - s->taken + (uint64_t)(s->input_end - s->input_at);
}

static void read_stored(struct otad *o, struct section *s, uint8_t *bytes, uint32_t count) {
  while (count > 0 && !failed(o)) {
    uint32_t some;
    if (s->input_at == s->input_end) refill(o, s);
    some = least(count, (uint32_t)(s->input_end - s->input_at));
    memcpy(bytes, s->input + s->input_at, some);
    s->input_at = (uint16_t)(s->input_at + some);
    bytes += some;
    count -= some;
  }
}

#if OTAD_LZMA || OTAD_DEFLATE
static uint8_t coded_byte(struct otad *o, struct section *s) {
  if (s->input_at == s->input_end) refill(o, s);
  return failed(o) ? 0 : s->input[s->input_at++];
}

static void window_put(struct section *s, uint8_t byte) {
  uint32_t mask = ((uint32_t)1 << s->entry->window_bits) - 1;
  s->window[s->at++ & mask] = byte;
  if (s->filled <= mask) s->filled++;
}

/* The next `count` bytes of a match, both into the window and to `bytes`. */
static void window_copy(struct section *s, uint32_t distance, uint8_t *bytes, uint32_t count) {
  uint32_t mask = ((uint32_t)1 << s->entry->window_bits) - 1;
  for (; count > 0; count--) {
    uint8_t byte = s->window[(s->at - distance) & mask];
    window_put(s, byte);
    *bytes++ = byte;
  }
}
#endif

/* --- LZMA --- */

#if OTAD_LZMA
/* Places in the probabilities; those that grow with pb, lc and lp come last. */
enum {
  IS_REP = 0,
  IS_REP_G0 = 12,
  IS_REP_G1 = 24,
  IS_REP_G2 = 36,
  POS_SLOT = 48,
  POS_SPECIAL = POS_SLOT + 256,
  POS_ALIGN = POS_SPECIAL + 115,
  LENGTHS = POS_ALIGN + 16,
  /* Of the lengths of matches, and of those of repeated ones. */
  LENGTH_CHOICE = 0,
  LENGTH_HIGH = 2,
  LENGTH_CODER = LENGTH_HIGH + 256,
  BY_POSITION = LENGTHS + 2 * LENGTH_CODER
};

static unsigned lzma_bit(struct otad *o, struct section *s, uint16_t *probability) {
  struct lzma *z = &s->coder.lzma;
  uint32_t bound, p = *probability;
  if (z->range < (uint32_t)1 << 24) {
    z->range <<= 8;
    z->code = z->code << 8 | coded_byte(o, s);
  }
  bound = (z->range >> 11) * p;
  if (z->code < bound) {
    z->range = bound;
    *probability = (uint16_t)(p + ((2048 - p) >> 5));
    return 0;
  }
  z->range -= bound;
  z->code -= bound;
  *probability = (uint16_t)(p - (p >> 5));
  return 1;
}

static unsigned lzma_tree(struct otad *o, struct section *s, uint16_t *probabilities, unsigned bits) {
  unsigned node = 1;
  for (unsigned i = 0; i < bits; i++) node = node << 1 | lzma_bit(o, s, probabilities + node);
  return node - (1u << bits);
}

static uint32_t lzma_reverse_tree(struct otad *o, struct section *s, uint16_t *probabilities, unsigned bits) {
  unsigned node = 1;
  uint32_t value = 0;
  for (unsigned i = 0; i < bits; i++) {
    unsigned bit = lzma_bit(o, s, probabilities + node);
    node = node << 1 | bit;
    value |= (uint32_t)bit << i;
  }
  return value;
}

static uint32_t lzma_direct(struct otad *o, struct section *s, unsigned bits) {
  struct lzma *z = &s->coder.lzma;
  uint32_t value = 0;
  for (; bits > 0; bits--) {
    if (z->range < (uint32_t)1 << 24) {
      z->range <<= 8;
      z->code = z->code << 8 | coded_byte(o, s);
    }
    z->range >>= 1;
    value <<= 1;
    if (z->code >= z->range) {
      z->code -= z->range;
      value |= 1;
    }
  }
  return value;
}

static uint32_t lzma_length(struct otad *o, struct section *s, unsigned coder, unsigned position) {
  uint16_t *p = s->coder.lzma.probabilities;
  unsigned pb = s->entry->properties / 45;
  uint16_t *fixed = p + LENGTHS + coder * LENGTH_CODER, *by_position = p + BY_POSITION + ((24u + 16u * coder) << pb);
  if (!lzma_bit(o, s, fixed + LENGTH_CHOICE)) return 2 + lzma_tree(o, s, by_position + 8 * position, 3);
  if (!lzma_bit(o, s, fixed + LENGTH_CHOICE + 1)) return 10 + lzma_tree(o, s, by_position + (8u << pb) + 8 * position, 3);
  return 18 + lzma_tree(o, s, fixed + LENGTH_HIGH, 8);
}

static uint32_t lzma_distance(struct otad *o, struct section *s, uint32_t length) {
  uint16_t *p = s->coder.lzma.probabilities;
  unsigned slot = lzma_tree(o, s, p + POS_SLOT + 64 * (length < 6 ? length - 2 : 3), 6), bits = slot / 2 - 1;
  uint32_t distance;
  if (slot < 4) return slot;
  distance = (2u | (slot & 1)) << bits;
  if (slot < 14) return distance + lzma_reverse_tree(o, s, p + POS_SPECIAL + distance - slot, bits);
  distance += lzma_direct(o, s, bits - 4) << 4;
  return distance + lzma_reverse_tree(o, s, p + POS_ALIGN, 4);
}

static uint8_t lzma_literal(struct otad *o, struct section *s) {
  struct lzma *z = &s->coder.lzma;
  unsigned lc = s->entry->properties % 9, lp = s->entry->properties / 9 % 5, pb = s->entry->properties / 45;
  uint32_t mask = ((uint32_t)1 << s->entry->window_bits) - 1;
  unsigned before = s->filled > 0 ? s->window[(s->at - 1) & mask] : 0;
  uint16_t *p = z->probabilities + BY_POSITION + (56u << pb);
  unsigned node = 1;
  p += 768u * (((s->at & ((1u << lp) - 1)) << lc) + (before >> (8 - lc)));
  if (z->state >= 7) {
    unsigned match = s->window[(s->at - z->repeated[0] - 1) & mask];
    do {
      unsigned bit = match >> 7 & 1, decoded = lzma_bit(o, s, p + ((1 + bit) << 8) + node);
      match <<= 1;
      node = node << 1 | decoded;
      if (bit != decoded) break;
    } while (node < 256);
  }
  while (node < 256) node = node << 1 | lzma_bit(o, s, p + node);
  z->state = (uint8_t)(z->state < 4 ? 0 : z->state < 10 ? z->state - 3 : z->state - 6);
  return (uint8_t)node;
}

/* The next match: its length and, at the front of `repeated`, its distance less 1. Returns 0 for a literal. */
static uint32_t lzma_match(struct otad *o, struct section *s) {
  struct lzma *z = &s->coder.lzma;
  uint16_t *p = z->probabilities;
  unsigned state = z->state, pb = s->entry->properties / 45, position = s->at & ((1u << pb) - 1);
  unsigned by_position = BY_POSITION + (state << pb) + position;
  uint32_t distance, length;
  if (!lzma_bit(o, s, p + by_position)) return 0;
  if (!lzma_bit(o, s, p + IS_REP + state)) {
    length = lzma_length(o, s, 0, position);
    distance = lzma_distance(o, s, length);
    z->repeated[3] = z->repeated[2];
    z->repeated[2] = z->repeated[1];
    z->repeated[1] = z->repeated[0];
    z->repeated[0] = distance;
    z->state = state < 7 ? 7 : 10;
    return length;
  }
  if (!lzma_bit(o, s, p + IS_REP_G0 + state)) {
    if (!lzma_bit(o, s, p + by_position + (12u << pb))) {
      z->state = state < 7 ? 9 : 11;
      return 1;
    }
  } else {
    unsigned which = !lzma_bit(o, s, p + IS_REP_G1 + state) ? 1 : 2 + lzma_bit(o, s, p + IS_REP_G2 + state);
    distance = z->repeated[which];
    for (; which > 0; which--) z->repeated[which] = z->repeated[which - 1];
    z->repeated[0] = distance;
  }
  z->state = state < 7 ? 8 : 11;
  return lzma_length(o, s, 1, position);
}

static void lzma_reset(struct section *s) {
  struct lzma *z = &s->coder.lzma;
  size_t count = (size_t)(coding_memory(s->entry) - ((uint64_t)1 << s->entry->window_bits)) / 2;
  for (size_t i = 0; i < count; i++) z->probabilities[i] = 1024;
  memset(z->repeated, 0, sizeof z->repeated);
  z->state = 0;
}

static void lzma_range(struct otad *o, struct section *s) {
  struct lzma *z = &s->coder.lzma;
  z->range = 0xffffffff;
  z->code = 0;
  if (coded_byte(o, s) != 0) fail(o, OTAD_DELTA_INVALID);
  for (unsigned i = 0; i < 4; i++) z->code = z->code << 8 | coded_byte(o, s);
}

static void lzma_start(struct otad *o, struct section *s) {
  struct lzma *z = &s->coder.lzma;
  lzma_reset(s);
  z->match = 0;
  z->chunk = 0;
  z->stored = 0;
  z->told = 0;
  if (s->entry->coder == LZMA) lzma_range(o, s);
}

/* No match goes on for more than `most` bytes. */
static void lzma_read(struct otad *o, struct section *s, uint8_t *bytes, uint32_t count, uint64_t most) {
  struct lzma *z = &s->coder.lzma;
  most -= count;
  while (count > 0 && !failed(o)) {
    if (z->match > 0) {
      uint32_t some = least(z->match, count);
      window_copy(s, z->repeated[0] + 1, bytes, some);
      z->match -= some;
      bytes += some;
      count -= some;
    } else if ((z->match = lzma_match(o, s)) == 0) {
      *bytes = lzma_literal(o, s);
      window_put(s, *bytes++);
      count--;
    } else if (z->repeated[0] >= s->filled || z->match > most + count) {
      fail(o, OTAD_DELTA_INVALID);
    }
  }
}

static uint32_t lzma2_number(struct otad *o, struct section *s) {
  uint32_t high = coded_byte(o, s);
  return high << 8 | coded_byte(o, s);
}

/* The header of the next chunk, and of one that is coded all that its decoder starts with. */
static void lzma2_chunk(struct otad *o, struct section *s) {
  struct lzma *z = &s->coder.lzma;
  int first = coded_left(s) == s->entry->coded;
  uint8_t kind = coded_byte(o, s);
  uint32_t coded;
  if ((kind == 1 || kind >= 0xe0) != first || kind == 0 || (kind > 2 && kind < 0x80)) fail(o, OTAD_DELTA_INVALID);
  z->stored = kind < 0x80;
  z->chunk = lzma2_number(o, s) + 1;
  if (z->stored) return;
  z->chunk += (uint32_t)(kind & 31) << 16;
  coded = lzma2_number(o, s) + 1;
  if (kind >= 0xc0 ? coded_byte(o, s) != s->entry->properties : !z->told) fail(o, OTAD_DELTA_INVALID);
  if (coded > coded_left(s)) fail(o, OTAD_DELTA_INVALID);
  if (failed(o)) return;
  z->told = 1;
  z->rest = coded_left(s) - coded;
  if (kind >= 0xa0) lzma_reset(s);
  lzma_range(o, s);
}

static void lzma2_read(struct otad *o, struct section *s, uint8_t *bytes, uint32_t count) {
  struct lzma *z = &s->coder.lzma;
  while (count > 0 && !failed(o)) {
    uint32_t some;
    if (z->chunk == 0) lzma2_chunk(o, s);
    some = least(z->chunk, count);
    if (failed(o)) return;
    if (z->stored) {
      read_stored(o, s, bytes, some);
      for (uint32_t i = 0; i < some; i++) window_put(s, bytes[i]);
    } else {
      lzma_read(o, s, bytes, some, z->chunk);
    }
    z->chunk -= some;
    bytes += some;
    count -= some;
    if (z->chunk > 0 || z->stored || failed(o)) continue;
    /* What the range decoder of the chunk has not read. */
    if (coded_left(s) < z->rest || coded_left(s) > z->rest + 5) fail(o, OTAD_DELTA_INVALID);
    while (coded_left(s) > z->rest && !failed(o)) coded_byte(o, s);
  }
}
#endif

/* --- DEFLATE, RFC 1951 --- */

#if OTAD_DEFLATE
/* Canonical Huffman codes: how many have each length, then the symbols by their codes. */
enum {
  CODE_LENGTHS = 16,
  LITERALS = 0,
  LITERAL_SYMBOLS = LITERALS + CODE_LENGTHS,
  DISTANCES = LITERAL_SYMBOLS + 288,
  DISTANCE_SYMBOLS = DISTANCES + CODE_LENGTHS,
  TABLES_END = DISTANCE_SYMBOLS + 32,
  /* Behind them, the lengths of the codes of a block while its tables are made. */
  LENGTHS_MAX = 320
};

static uint32_t inflate_bits(struct otad *o, struct section *s, unsigned count) {
  struct inflate *z = &s->coder.inflate;
  uint32_t value;
  while (z->bit_count < count) {
    z->bits |= (uint32_t)coded_byte(o, s) << z->bit_count;
    z->bit_count = (uint8_t)(z->bit_count + 8);
  }
  value = z->bits & (((uint32_t)1 << count) - 1);
  z->bits >>= count;
  z->bit_count = (uint8_t)(z->bit_count - count);
  return value;
}

static unsigned inflate_symbol(struct otad *o, struct section *s, const uint16_t *counts) {
  const uint16_t *symbols = counts + CODE_LENGTHS;
  unsigned code = 0, first = 0, index = 0;
  for (unsigned length = 1; length < CODE_LENGTHS; length++) {
    code |= inflate_bits(o, s, 1);
    if (code < first + counts[length]) return symbols[index + code - first];
    index += counts[length];
    first = (first + counts[length]) << 1;
    code <<= 1;
  }
  fail(o, OTAD_DELTA_INVALID);
  return 0;
}

/* Refuses lengths that more symbols have than there are codes and, unless there is one code of one bit, or none, codes left over. */
static void inflate_table(struct otad *o, uint16_t *counts, const uint8_t *lengths, unsigned count, int whole) {
  uint16_t *symbols = counts + CODE_LENGTHS;
  uint16_t places[CODE_LENGTHS];
  int left = 1;
  memset(counts, 0, CODE_LENGTHS * sizeof *counts);
  for (unsigned i = 0; i < count; i++) counts[lengths[i]]++;
  places[1] = 0;
  for (unsigned length = 1; length < CODE_LENGTHS; length++) {
    left = 2 * left - counts[length];
    if (left < 0) {
      fail(o, OTAD_DELTA_INVALID);
      return;
    }
    if (length + 1 < CODE_LENGTHS) places[length + 1] = (uint16_t)(places[length] + counts[length]);
  }
  if (left > 0 && counts[0] != count && (whole || counts[0] + counts[1] != count)) fail(o, OTAD_DELTA_INVALID);
  for (unsigned i = 0; i < count; i++) {
    if (lengths[i] > 0) symbols[places[lengths[i]]++] = (uint16_t)i;
  }
  counts[0] = 0;
}

static void inflate_fixed_codes(struct otad *o, struct section *s) {
  uint16_t *tables = s->coder.inflate.tables;
  uint8_t *lengths = (uint8_t *)(tables + TABLES_END);
  memset(lengths, 8, 144);
  memset(lengths + 144, 9, 112);
  memset(lengths + 256, 7, 24);
  memset(lengths + 280, 8, 8);
  inflate_table(o, tables + LITERALS, lengths, 288, 1);
  memset(lengths, 5, 32);
  inflate_table(o, tables + DISTANCES, lengths, 32, 1);
}

static void inflate_codes(struct otad *o, struct section *s) {
  static const uint8_t order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
  uint16_t *tables = s->coder.inflate.tables;
  uint8_t *lengths = (uint8_t *)(tables + TABLES_END);
  unsigned literals = 257 + inflate_bits(o, s, 5), distances = 1 + inflate_bits(o, s, 5), codes = 4 + inflate_bits(o, s, 4), count = 0;
  memset(lengths, 0, LENGTHS_MAX);
  for (unsigned i = 0; i < codes; i++) lengths[order[i]] = (uint8_t)inflate_bits(o, s, 3);
  if (literals > 286 || distances > 30) fail(o, OTAD_DELTA_INVALID);
  inflate_table(o, tables + LITERALS, lengths, 19, 1);
  memset(lengths, 0, LENGTHS_MAX);
  while (count < literals + distances && !failed(o)) {
    unsigned symbol = inflate_symbol(o, s, tables + LITERALS), repeat = 1;
    uint8_t length = 0;
    if (symbol < 16) {
      length = (uint8_t)symbol;
    } else if (symbol == 16) {
      if (count == 0) fail(o, OTAD_DELTA_INVALID);
      length = count > 0 ? lengths[count - 1] : 0;
      repeat = 3 + inflate_bits(o, s, 2);
    } else {
      repeat = symbol == 17 ? 3 + inflate_bits(o, s, 3) : 11 + inflate_bits(o, s, 7);
    }
    if (count + repeat > literals + distances) {
      fail(o, OTAD_DELTA_INVALID);
    } else {
      memset(lengths + count, length, repeat);
      count += repeat;
    }
  }
  if (failed(o)) return;
  if (lengths[256] == 0) fail(o, OTAD_DELTA_INVALID);
  inflate_table(o, tables + LITERALS, lengths, literals, 0);
  inflate_table(o, tables + DISTANCES, lengths + literals, distances, 0);
}

static void inflate_block(struct otad *o, struct section *s) {
  struct inflate *z = &s->coder.inflate;
  uint32_t type;
  z->last = (uint8_t)inflate_bits(o, s, 1);
  type = inflate_bits(o, s, 2);
  z->in_block = type != 0;
  if (type == 0) {
    z->bits = 0;
    z->bit_count = 0;
    z->stored = (uint16_t)inflate_bits(o, s, 16);
    if (inflate_bits(o, s, 16) != (z->stored ^ 0xffffu)) fail(o, OTAD_DELTA_INVALID);
  } else if (type == 1) {
    inflate_fixed_codes(o, s);
  } else if (type == 2) {
    inflate_codes(o, s);
  } else {
    fail(o, OTAD_DELTA_INVALID);
  }
}

/* A length or a distance by its symbol: `direct` of them stand for themselves, then `group` at a time have one more bit. */
static uint32_t inflate_number(struct otad *o, struct section *s, unsigned symbol, unsigned group_bits) {
  unsigned group = 1u << group_bits, bits;
  if (symbol < 2 * group) return symbol;
  bits = symbol / group - 1;
  return ((group + symbol % group) << bits) + inflate_bits(o, s, bits);
}

static void inflate_match(struct otad *o, struct section *s, unsigned symbol) {
  struct inflate *z = &s->coder.inflate;
  unsigned distance;
  if (symbol == 256) {
    z->in_block = 0;
    return;
  }
  if (symbol > 285) fail(o, OTAD_DELTA_INVALID);
  z->match = (uint16_t)(symbol == 285 ? 258 : 3 + inflate_number(o, s, symbol - 257, 2));
  distance = inflate_symbol(o, s, z->tables + DISTANCES);
  if (distance > 29) fail(o, OTAD_DELTA_INVALID);
  if (failed(o)) return;
  z->distance = 1 + inflate_number(o, s, distance, 1);
  if (z->distance > s->filled) fail(o, OTAD_DELTA_INVALID);
}

static void inflate_start(struct section *s) {
  struct inflate *z = &s->coder.inflate;
  z->bits = 0;
  z->bit_count = 0;
  z->match = 0;
  z->stored = 0;
  z->in_block = 0;
  z->last = 0;
}

/* A count of 0 reads on to where the stream ends, and refuses whatever it gives before. */
static void inflate_read(struct otad *o, struct section *s, uint8_t *bytes, uint32_t count) {
  struct inflate *z = &s->coder.inflate;
  int ending = count == 0;
  while ((count > 0 || ending) && !failed(o)) {
    unsigned literal = 0;
    if (z->match > 0 && !ending) {
      uint32_t some = least(z->match, count);
      window_copy(s, z->distance, bytes, some);
      z->match = (uint16_t)(z->match - some);
      bytes += some;
      count -= some;
      continue;
    }
    if (z->match > 0) {
      fail(o, OTAD_DELTA_INVALID);
    } else if (z->stored > 0) {
      literal = coded_byte(o, s);
      z->stored--;
    } else if (z->in_block) {
      literal = inflate_symbol(o, s, z->tables + LITERALS);
      if (literal >= 256) {
        inflate_match(o, s, literal);
        continue;
      }
    } else if (z->last) {
      if (!ending) fail(o, OTAD_DELTA_INVALID);
      return;
    } else {
      inflate_block(o, s);
      continue;
    }
    if (ending) {
      fail(o, OTAD_DELTA_INVALID);
    } else if (!failed(o)) {
      *bytes = (uint8_t)literal;
      window_put(s, *bytes++);
      count--;
    }
  }
}
#endif

/* --- Brotli, RFC 7932, by the caller's decoder --- */

#if OTAD_BROTLI
struct brotli_source {
  struct otad *o;
  struct section *s;
};

static uint32_t brotli_pull(void *source, const uint8_t **bytes) {
  struct otad *o = ((struct brotli_source *)source)->o;
  struct section *s = ((struct brotli_source *)source)->s;
  uint32_t count;
  if (s->input_at == s->input_end && s->taken < s->entry->coded) refill(o, s);
  count = failed(o) ? 0 : (uint32_t)(s->input_end - s->input_at);
  *bytes = s->input + s->input_at;
  s->input_at = s->input_end;
  return count;
}

/* The base-2 logarithm of the window that a stream's first byte asks for; 255 for one that RFC 7932 does not have. */
static unsigned brotli_window_bits(unsigned byte) {
  if ((byte & 1) == 0) return 16;
  if ((byte >> 1 & 7) != 0) return 17 + (byte >> 1 & 7);
  if ((byte >> 4 & 7) == 0) return 17;
  return (byte >> 4 & 7) == 1 ? 255 : 8 + (byte >> 4 & 7);
}

static void brotli_start(struct otad *o, struct section *s) {
  refill(o, s);
  if (failed(o)) return;
  if (brotli_window_bits(s->input[0]) > s->entry->window_bits) {
    fail(o, OTAD_DELTA_INVALID);
  } else if (o->io->brotli->open(o->io->context, s->coder.brotli, (size_t)coding_memory(s->entry))) {
    fail(o, OTAD_IO_FAILED);
  } else {
    s->open = 1;
  }
}

static void brotli_read(struct otad *o, struct section *s, uint8_t *bytes, uint32_t count) {
  struct brotli_source source = {o, s};
  if (failed(o)) return;
  if (o->io->brotli->read(o->io->context, s->coder.brotli, brotli_pull, &source, bytes, count)) fail(o, OTAD_DELTA_INVALID);
}
#endif

/* --- Sections, decoded --- */

static void close_section(struct otad *o, struct section *s) {
#if OTAD_BROTLI
  if (s->open) o->io->brotli->close(o->io->context, s->coder.brotli);
#endif
  (void)o;
  s->open = 0;
}

static void rewind_section(struct otad *o, struct section *s) {
  close_section(o, s);
  s->left = s->entry->length;
  s->taken = 0;
  s->input_at = 0;
  s->input_end = 0;
  s->at = 0;
  s->filled = 0;
  s->started = 0;
}

static void start_section(struct otad *o, struct section *s) {
  s->started = 1;
#if OTAD_LZMA
  if (s->entry->coder >= LZMA) lzma_start(o, s);
#endif
#if OTAD_DEFLATE
  if (s->entry->coder == DEFLATE) inflate_start(s);
#endif
#if OTAD_BROTLI
  if (s->entry->coder == BROTLI) brotli_start(o, s);
#endif
  (void)o;
}

/* The next `count` bytes of a section, at least one. */
static void read_section(struct otad *o, struct section *s, uint8_t *bytes, uint32_t count) {
  if (count > s->left) fail(o, OTAD_DELTA_INVALID);
  if (failed(o)) return;
  if (!s->started) start_section(o, s);
  s->left -= count;
  if (s->entry->coder == STORED) read_stored(o, s, bytes, count);
#if OTAD_LZMA
  if (s->entry->coder == LZMA) lzma_read(o, s, bytes, count, s->left + count);
  if (s->entry->coder == LZMA2) lzma2_read(o, s, bytes, count);
#endif
#if OTAD_DEFLATE
  if (s->entry->coder == DEFLATE) inflate_read(o, s, bytes, count);
#endif
#if OTAD_BROTLI
  if (s->entry->coder == BROTLI) brotli_read(o, s, bytes, count);
#endif
}

static uint64_t read_varint(struct otad *o, struct section *s) {
  uint64_t value = 0;
  uint8_t byte = 0;
  int more = 1;
  for (unsigned index = 0; more > 0 && !failed(o); index++) {
    read_section(o, s, &byte, 1);
    more = varint_byte(&value, index, byte);
  }
  if (more < 0) fail(o, OTAD_DELTA_INVALID);
  return failed(o) ? 0 : value;
}

/* Refuses bytes that nothing has used. */
static void finish_section(struct otad *o, struct section *s) {
  if (s->left > 0) fail(o, OTAD_DELTA_INVALID);
  if (failed(o) || s->entry->length == 0) return;
#if OTAD_LZMA
  if (s->entry->coder == LZMA2 && s->coder.lzma.chunk > 0) fail(o, OTAD_DELTA_INVALID);
#endif
#if OTAD_DEFLATE
  if (s->entry->coder == DEFLATE) inflate_read(o, s, NULL, 0);
#endif
#if OTAD_BROTLI
  if (s->entry->coder == BROTLI) brotli_read(o, s, NULL, 0);
#endif
  if (coded_left(s) > (s->entry->coder == LZMA ? 16u : 0u)) fail(o, OTAD_DELTA_INVALID);
}

/* --- Controls --- */

static void rewind_controls(struct otad *o) {
  struct controls *c = &o->controls;
  rewind_section(o, &o->sections[CONTROLS]);
  c->position = 0;
  c->made = 0;
  c->unread = o->header.steps;
  c->count = 0;
  c->next = 0;
}

static void read_group(struct otad *o) {
  struct controls *c = &o->controls;
  uint64_t *columns[3];
  columns[0] = c->add;
  columns[1] = c->insert;
  columns[2] = c->seek;
  c->count = least(c->unread, o->header.group);
  c->unread -= c->count;
  c->next = 0;
  for (unsigned column = 0; column < 3; column++) {
    for (uint32_t i = 0; i < c->count && !failed(o); i++) columns[column][i] = read_varint(o, &o->sections[CONTROLS]);
  }
}

/* The next step, inside both images. */
static struct step next_step(struct otad *o) {
  struct controls *c = &o->controls;
  struct step step = {0, 0, 0};
  uint64_t seek, left = o->header.new_length - c->made;
  if (c->next == c->count) read_group(o);
  if (failed(o)) return step;
  step.add = c->add[c->next];
  step.insert = c->insert[c->next];
  seek = c->seek[c->next++];
  step.from = c->position + ((seek >> 1) ^ (0 - (seek & 1)));
  if (step.add + step.insert == 0 || step.add + step.insert > left) fail(o, OTAD_DELTA_INVALID);
  if (step.from > o->header.old_length || step.add > o->header.old_length - step.from) fail(o, OTAD_DELTA_INVALID);
  c->position = step.from + step.add;
  c->made += step.add + step.insert;
  return step;
}

/* --- The images --- */

static void read_old(struct otad *o, uint64_t from, uint8_t *bytes, uint32_t count) {
  while (count > 0 && !failed(o)) {
    uint32_t some = least(count, OTAD_PIECE);
    if (o->io->read_old(o->io->context, from, bytes, some)) fail(o, OTAD_IO_FAILED);
    from += some;
    bytes += some;
    count -= some;
  }
}

static void flush(struct otad *o) {
  if (failed(o) || o->fill == 0) return;
  otad_sha256_update(&o->sha, o->piece, o->fill);
  if (o->io->write_new(o->io->context, o->piece, o->fill)) fail(o, OTAD_IO_FAILED);
  o->written += o->fill;
  o->fill = 0;
  progress(o, OTAD_WRITING, o->written, o->header.new_length);
}

/* Room for up to `count` new bytes, which are to be put there at once: how many. */
static uint32_t room(struct otad *o, uint64_t count) {
  if (o->fill == OTAD_PIECE) flush(o);
  return least(count, OTAD_PIECE - o->fill);
}

/* Adds the next differences of the row to bytes. */
static void add_differences(struct otad *o, uint8_t *bytes, uint32_t count) {
  struct section *runs = &o->sections[RUNS];
  while (count > 0 && !failed(o)) {
    uint32_t some;
    if (o->dirty == 0 && o->clean == 0) {
      o->dirty = read_varint(o, runs);
      o->clean = runs->left > 0 ? read_varint(o, runs) : 0;
      if (o->dirty == 0 && o->clean == 0) fail(o, OTAD_DELTA_INVALID);
    } else if (o->dirty > 0) {
      uint8_t differences[64] = {0};
      some = least(least(o->dirty, count), sizeof differences);
      read_section(o, &o->sections[DIFFERENCES], differences, some);
      if (failed(o)) return;
      for (uint32_t i = 0; i < some; i++) bytes[i] = (uint8_t)(bytes[i] + differences[i]);
      o->dirty -= some;
      bytes += some;
      count -= some;
    } else {
      some = least(o->clean, count);
      o->clean -= some;
      bytes += some;
      count -= some;
    }
  }
}

static void insert_bytes(struct otad *o, uint64_t count) {
  while (count > 0 && !failed(o)) {
    uint32_t some = room(o, count);
    read_section(o, &o->sections[INSERTIONS], o->piece + o->fill, some);
    o->fill += some;
    count -= some;
  }
}

static void add_plain(struct otad *o, uint64_t from, uint64_t count) {
  while (count > 0 && !failed(o)) {
    uint32_t some = room(o, count);
    read_old(o, from, o->piece + o->fill, some);
    add_differences(o, o->piece + o->fill, some);
    o->fill += some;
    from += some;
    count -= some;
  }
}

/* --- Prediction --- */

#if OTAD_PREDICTION
/* Which of two comes first in the match map. */
static int moved_before(const struct moved *a, const struct moved *b) {
  if (a->from != b->from) return a->from < b->from;
  if (a->length != b->length) return a->length > b->length;
  return a->to < b->to;
}

static void sift_down(struct moved *heap, uint32_t at, uint32_t count) {
  struct moved value = heap[at];
  while (at < count / 2) {
    uint32_t child = 2 * at + 1;
    if (child + 1 < count && moved_before(&heap[child], &heap[child + 1])) child++;
    if (!moved_before(&value, &heap[child])) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = value;
}

/* A heap sort: in place, without recursion, and never slower than it has to be. */
static void sort_map(struct otad *o) {
  struct moved *map = o->prediction.map;
  uint32_t count = o->prediction.moved_count;
  for (uint32_t at = count / 2; at > 0; at--) sift_down(map, at - 1, count);
  for (uint32_t end = count; end > 1 && !failed(o); end--) {
    struct moved last = map[end - 1];
    map[end - 1] = map[0];
    map[0] = last;
    sift_down(map, 0, end - 1);
    if ((end & 1023) == 0) progress(o, OTAD_MAPPING, o->header.steps, o->header.steps);
  }
}

/* Reads all controls, for the match map. */
static void read_map(struct otad *o) {
  struct prediction *p = &o->prediction;
  uint64_t end = 0;
  uint32_t kept = 0;
  rewind_controls(o);
  for (uint32_t i = 0; i < o->header.steps && !failed(o); i++) {
    uint64_t to = o->controls.made;
    struct step step = next_step(o);
    p->added += step.add;
    if (step.add > 0) {
      struct moved *moved = &p->map[p->moved_count++];
      moved->from = step.from;
      moved->to = to;
      moved->length = step.add;
    }
    if ((i & 1023) == 0) progress(o, OTAD_MAPPING, i, o->header.steps);
  }
  sort_map(o);
  for (uint32_t i = 0; i < p->moved_count; i++) {
    if (p->map[i].from + p->map[i].length <= end) continue;
    end = p->map[i].from + p->map[i].length;
    p->map[kept++] = p->map[i];
  }
  p->moved_count = kept;
}

/* The parts of an image; `memory` has room for as many as the section can hold. */
static uint32_t read_parts(struct otad *o, struct part *parts) {
  struct section *s = &o->sections[PREDICTION];
  uint64_t count = read_varint(o, s), read = 0;
  for (; read < count && !failed(o); read++) {
    struct part part;
    part.program = read_varint(o, s);
    part.offset = read_varint(o, s);
    part.length = read_varint(o, s);
    part.memory = read_varint(o, s);
    part.address = read_varint(o, s);
    if (part.length > part.memory || part.offset + part.memory > PLACE_MAX || part.address + part.memory > PLACE_MAX) {
      fail(o, OTAD_DELTA_INVALID);
    }
    if (!failed(o)) parts[read] = part;
  }
  return (uint32_t)read;
}

static void read_parameters(struct otad *o) {
  struct prediction *p = &o->prediction;
  struct section *s = &o->sections[PREDICTION];
  if (s->entry->length > PARAMETERS_MAX) fail(o, OTAD_DELTA_INVALID);
  read_section(o, s, &p->mode_count, 1);
  for (unsigned i = 0; i < p->mode_count && !failed(o); i++) {
    struct mode mode;
    mode.kind = read_varint(o, s);
    mode.base = read_varint(o, s);
    if (mode.kind < 1 || mode.kind > 7) fail(o, OTAD_DELTA_INVALID);
    if (!failed(o)) p->modes[i] = mode;
  }
  if (failed(o)) return;
  p->old_parts = (struct part *)(void *)(p->modes + p->mode_count);
  p->old_count = read_parts(o, p->old_parts);
  if (failed(o)) return;
  p->new_parts = p->old_parts + p->old_count;
  p->new_count = read_parts(o, p->new_parts);
}

static void open_prediction(struct otad *o) {
  struct prediction *p = &o->prediction;
  read_parameters(o);
  if (p->labels) {
    for (uint32_t i = 0; i < (uint32_t)1 << o->header.label_bits; i++) p->labels[i].target = NOTHING;
    memset(p->shifts, 0, LABEL_SHIFTS * sizeof *p->shifts);
  }
  read_map(o);
}

/* The part that has the byte at `offset` of an image: of those that start there or before it the last one, if it is as long. */
static const struct part *part_of(const struct part *parts, uint32_t count, uint64_t offset) {
  const struct part *last = NULL;
  for (; count > 0; count--, parts++) {
    if (parts->length > 0 && parts->offset <= offset && (!last || parts->offset >= last->offset)) last = parts;
  }
  return last && offset - last->offset < last->length ? last : NULL;
}

/* Where in the new image the byte at `offset` of the old one has gone. Needs a match map with something in it. */
static uint64_t moved_to(const struct prediction *p, uint64_t offset) {
  uint32_t first = 0, after = p->moved_count;
  while (first < after) {
    uint32_t middle = first + (after - first) / 2;
    if (p->map[middle].from <= offset) {
      first = middle + 1;
    } else {
      after = middle;
    }
  }
  if (first > 0) first--;
  return offset + p->map[first].to - p->map[first].from;
}

static struct label *label_of(struct otad *o, uint64_t program, uint64_t target) {
  uint32_t mixed = ((uint32_t)target ^ (uint32_t)program * 0x85ebca6bu) * 0x9e3779b1u;
  return &o->prediction.labels[mixed >> (32 - o->header.label_bits)];
}

static uint64_t *shift_of(struct otad *o, uint64_t program, uint64_t target) {
  return &o->prediction.shifts[((uint32_t)target / 4096 + (uint32_t)program) % LABEL_SHIFTS];
}

/* A cell: what a step has of a block. `new_bytes` holds the differences from `done` on, what is made before. */
struct cell {
  struct otad *o;
  const uint8_t *old_bytes;
  uint8_t *new_bytes;
  uint64_t program;
  uint64_t old_address, new_address;
  uint64_t prediction; /* of the target that was last predicted */
  uint32_t count;
  uint32_t done;
  uint8_t before; /* the last byte that was predicted, before its difference was added */
};

/* Whether it can be said where a target has gone; then `prediction` says it. */
static int predict(struct cell *c, uint64_t target) {
  struct otad *o = c->o;
  const struct prediction *p = &o->prediction;
  const struct part *part = p->old_parts, *end = part + p->old_count;
  uint64_t inside;
  while (part < end && (part->program != c->program || target - part->address >= part->memory)) part++;
  if (part == end) return 0;
  if (p->labels && label_of(o, c->program, target)->target == target) {
    c->prediction = label_of(o, c->program, target)->moved_to;
    return 1;
  }
  c->prediction = target;
  inside = target - part->address;
  if (inside >= part->length) {
    if (p->labels) c->prediction += *shift_of(o, c->program, target);
  } else if (p->moved_count > 0) {
    uint64_t place = moved_to(p, part->offset + inside);
    const struct part *new_part = part_of(p->new_parts, p->new_count, place);
    if (new_part) c->prediction = new_part->address + (place - new_part->offset);
  }
  return c->prediction >> 63 == 0;
}

/* Keeps where a target has gone, if that is not what was predicted. */
static void learn(struct cell *c, uint64_t target, uint64_t new_target) {
  struct otad *o = c->o;
  struct label *label;
  if (!o->prediction.labels || new_target == c->prediction || new_target >> 63 != 0) return;
  label = label_of(o, c->program, target);
  label->target = target;
  label->moved_to = new_target;
  *shift_of(o, c->program, target) = new_target - target;
}

/* Makes what is before `end` from the old bytes as they are. */
static void settle(struct cell *c, uint32_t end) {
  for (; c->done < end; c->done++) c->new_bytes[c->done] = (uint8_t)(c->new_bytes[c->done] + c->old_bytes[c->done]);
}

/* Makes `size` bytes at `at` from a little-endian word. */
static void put_word(struct cell *c, uint32_t at, uint64_t word, uint32_t size) {
  settle(c, at);
  for (uint32_t i = 0; i < size; i++) c->new_bytes[at + i] = (uint8_t)(c->new_bytes[at + i] + (uint8_t)(word >> (8 * i)));
  c->done = at + size;
  c->before = (uint8_t)(word >> (8 * (size - 1)));
}

/* The value of the lowest `bits` of a word, which are signed. */
static uint64_t signed_bits(uint64_t word, unsigned bits) {
  uint64_t sign = (uint64_t)1 << (bits - 1);
  return ((word & (2 * sign - 1)) ^ sign) - sign;
}

/* Whether two numbers are less than 2^24 apart. */
static int is_near(uint64_t a, uint64_t b) { return a - b < 1u << 24 || b - a < 1u << 24; }

/* Each of the following makes a reference at `at`, if there is one and it can be predicted, and says how many bytes it took, or 0. */

static uint64_t thumb_distance(uint32_t word) {
  uint32_t sign = word >> 10 & 1, high = word & 0x3ff, low = word >> 16;
  uint32_t one = ~((low >> 13 & 1) ^ sign) & 1, two = ~((low >> 11 & 1) ^ sign) & 1;
  return signed_bits(sign << 24 | one << 23 | two << 22 | high << 12 | (low & 0x7ff) << 1, 25);
}

static int is_thumb_branch(uint32_t word) { return (word & 0x9000f800u) == 0x9000f000u; }

static uint32_t predict_thumb(struct cell *c, uint32_t at) {
  uint32_t word = word32(c->old_bytes + at), value, sign, low;
  uint64_t target, here = c->new_address + at + 4;
  target = c->old_address + at + 4 + thumb_distance(word);
  if (!predict(c, target)) return 0;
  value = (uint32_t)(c->prediction - here);
  sign = value >> 24 & 1;
  low = (~((value >> 23 & 1) ^ sign) & 1) << 13 | (~((value >> 22 & 1) ^ sign) & 1) << 11 | (value >> 1 & 0x7ff);
  put_word(c, at, 0xf000u | sign << 10 | (value >> 12 & 0x3ff) | ((word >> 16 & 0xd000u) | low) << 16, 4);
  word = word32(c->new_bytes + at);
  if (is_thumb_branch(word)) learn(c, target, here + thumb_distance(word));
  return 4;
}

static uint32_t predict_word32(struct cell *c, uint32_t at, uint64_t base) {
  uint32_t word = word32(c->old_bytes + at);
  uint64_t odd = word & 1, target = word - odd + base, new_target;
  if (word == 0 || !predict(c, target)) return 0;
  put_word(c, at, c->prediction - base + odd, 4);
  new_target = word32(c->new_bytes + at) - odd + base;
  if (is_near(new_target, target)) learn(c, target, new_target);
  return 4;
}

static uint32_t predict_word64(struct cell *c, uint32_t at) {
  uint64_t word = word64(c->old_bytes + at), mask = IMAGE_MAX - 1, target = word & mask, fresh;
  if (target == 0 || !predict(c, target)) return 0;
  put_word(c, at, (word & ~mask) | (c->prediction & mask), 8);
  fresh = word64(c->new_bytes + at) & mask;
  if (is_near(fresh, target)) learn(c, target, fresh);
  return 8;
}

static uint32_t predict_relative32(struct cell *c, uint32_t at) {
  uint32_t word = word32(c->old_bytes + at);
  uint64_t target = c->old_address + at + signed_bits(word, 32);
  if (word == 0 || !predict(c, target)) return 0;
  put_word(c, at, c->prediction - (c->new_address + at), 4);
  learn(c, target, c->new_address + at + signed_bits(word32(c->new_bytes + at), 32));
  return 4;
}

static uint32_t predict_arm64_branch(struct cell *c, uint32_t at) {
  uint32_t word = word32(c->old_bytes + at), fresh;
  uint64_t target = c->old_address + at + (signed_bits(word, 26) << 2), here = c->new_address + at, distance;
  if (!predict(c, target)) return 0;
  distance = c->prediction - here;
  /* Rounded towards 0. */
  distance = distance >> 63 == 0 ? distance >> 2 : 0 - ((0 - distance) >> 2);
  put_word(c, at, (word & 0xfc000000u) | (distance & 0x3ffffff), 4);
  fresh = word32(c->new_bytes + at);
  if (((fresh ^ word) & 0xfc000000u) == 0) learn(c, target, here + (signed_bits(fresh, 26) << 2));
  return 4;
}

static int is_adrp(uint32_t word) { return (word & 0x9f000000u) == 0x90000000u; }

static uint64_t adrp_page(uint32_t word, uint64_t address) {
  return (address & ~(uint64_t)0xfff) + (signed_bits((word >> 29 & 3) | (word >> 3 & 0x1ffffc), 21) << 12);
}

/* The scale, in bits, of an instruction that completes the address in its register; -1 for any other. */
static int completing_scale(uint32_t word) {
  if ((word & 0xffc00000u) == 0x91000000u) return 0;
  if ((word & 0x3b000000u) != 0x39000000u) return -1;
  return (word & 0x04800000u) == 0x04800000u ? 4 : (int)(word >> 30);
}

static uint64_t completing_part(uint32_t word, int scale) { return (uint64_t)(word >> 10 & 0xfff) << scale; }

static uint32_t predict_adrp(struct cell *c, uint32_t at) {
  uint32_t word = word32(c->old_bytes + at), result = word & 31, distance;
  uint64_t target = adrp_page(word, c->old_address + at);
  for (uint32_t next = at + 4; next <= at + 32 && next + 4 <= c->count; next += 4) {
    uint32_t other = word32(c->old_bytes + next);
    int scale = completing_scale(other);
    if (is_adrp(other) && (other & 31) == result) break;
    if (scale >= 0 && (other >> 5 & 31) == result) {
      target += completing_part(other, scale);
      break;
    }
  }
  if (!predict(c, target)) return 0;
  distance = (uint32_t)((c->prediction >> 12) - ((c->new_address + at) >> 12));
  put_word(c, at, (word & 0x9f00001fu) | (distance & 3) << 29 | (distance & 0x1ffffc) << 3, 4);
  return 4;
}

/* `adrp` is where the last ADRP of the register is that could be predicted. */
static void predict_completing(struct cell *c, uint32_t at, uint32_t adrp, int scale) {
  uint32_t word = word32(c->old_bytes + at), fresh = word, old_adrp = word32(c->old_bytes + adrp);
  uint32_t new_adrp = word32(c->new_bytes + adrp), part;
  uint64_t target = adrp_page(old_adrp, c->old_address + adrp) + completing_part(word, scale), page = adrp_page(new_adrp, c->new_address + adrp);
  if (!predict(c, target)) return;
  part = (uint32_t)c->prediction & 0xfff;
  if ((part & ((1u << scale) - 1)) == 0) fresh = (word & 0xffc003ffu) | part >> scale << 10;
  put_word(c, at, fresh, 4);
  fresh = word32(c->new_bytes + at);
  if (((fresh ^ word) & 0xffc003ffu) != 0 || ((new_adrp ^ old_adrp) & 0x9f00001fu) != 0 || page >> 63 != 0) return;
  learn(c, target, page + completing_part(fresh, scale));
}

/* How many bytes of immediate follow the displacement of an opcode; -1 where none of these has that opcode. */
static int x86_immediate(uint8_t opcode, int escaped) {
  switch (opcode) {
    case 0x01: case 0x03: case 0x0b: case 0x23: case 0x29: case 0x2b: case 0x33: case 0x38: case 0x39: case 0x3a: case 0x3b:
    case 0x63: case 0x84: case 0x85: case 0x86: case 0x87: case 0x88: case 0x89: case 0x8a: case 0x8b: case 0x8d: case 0xf7: case 0xff:
      return 0;
    case 0x6b: case 0x80: case 0x83: case 0xc1: case 0xc6: case 0xf6:
      return 1;
    case 0x69: case 0x81: case 0xc7:
      return 4;
    default:
      return escaped ? 0 : -1;
  }
}

static uint32_t predict_x86(struct cell *c, uint32_t at) {
  const uint8_t *old_bytes = c->old_bytes;
  uint8_t opcode = old_bytes[at], second = old_bytes[at + 1];
  uint32_t place = at + 2, end;
  uint64_t target, here;
  int immediate = 0;
  if ((opcode & 0xfe) == 0xe8) {
    place = at + 1;
  } else if (opcode != 0x0f || (second & 0xf0) != 0x80) {
    immediate = x86_immediate(opcode, at > 0 && (at == c->done ? c->before : old_bytes[at - 1]) == 0x0f);
    if (immediate < 0 || (second & 0xc7) != 5) return 0;
  }
  end = place + 4 + (uint32_t)immediate;
  if (place + 4 > c->count) return 0;
  target = c->old_address + end + signed_bits(word32(old_bytes + place), 32);
  here = c->new_address + end;
  if (!predict(c, target)) return 0;
  put_word(c, place, c->prediction - here, 4);
  if (memcmp(old_bytes + at, c->new_bytes + at, place - at) == 0) {
    learn(c, target, here + signed_bits(word32(c->new_bytes + place), 32));
  }
  return place + 4 - at;
}

/* --- Modes --- */

static void predict_thumb_cell(struct cell *c, const struct mode *mode) {
  uint32_t at = (uint32_t)(c->old_address & 1);
  while (at + 4 <= c->count) {
    uint32_t taken = 0;
    if (is_thumb_branch(word32(c->old_bytes + at))) {
      taken = predict_thumb(c, at);
    } else if (mode->kind == 2 && ((c->old_address + at) & 3) == 0) {
      taken = predict_word32(c, at, mode->base);
    }
    at += taken > 0 ? taken : 2;
  }
}

static void predict_arm64_cell(struct cell *c) {
  uint32_t adrps[32]; /* by register, where its last predicted ADRP ends */
  memset(adrps, 0, sizeof adrps);
  for (uint32_t at = (uint32_t)(0 - c->old_address) & 3; at + 4 <= c->count; at += 4) {
    uint32_t word = word32(c->old_bytes + at);
    int scale = completing_scale(word);
    if ((word & 0x7c000000u) == 0x14000000u) {
      predict_arm64_branch(c, at);
    } else if (is_adrp(word)) {
      if (predict_adrp(c, at) > 0) adrps[word & 31] = at + 4;
    } else if (scale >= 0) {
      uint32_t adrp = adrps[word >> 5 & 31];
      if (adrp > 0 && at + 4 - adrp <= 64) predict_completing(c, at, adrp - 4, scale);
    }
  }
}

static void predict_word_cell(struct cell *c, const struct mode *mode) {
  uint32_t size = mode->kind == 6 ? 8 : 4;
  for (uint32_t at = (uint32_t)(0 - c->old_address) & (size - 1); at + size <= c->count; at += size) {
    if (mode->kind == 5) predict_word32(c, at, mode->base);
    if (mode->kind == 6) predict_word64(c, at);
    if (mode->kind == 7) predict_relative32(c, at);
  }
}

static void predict_x86_cell(struct cell *c) {
  for (uint32_t at = 0; at + 5 <= c->count;) {
    uint32_t taken = predict_x86(c, at);
    at += taken > 0 ? taken : 1;
  }
}

static void predict_cell(struct cell *c, const struct mode *mode) {
  if (mode->kind <= 2) predict_thumb_cell(c, mode);
  if (mode->kind == 3) predict_arm64_cell(c);
  if (mode->kind == 4) predict_x86_cell(c);
  if (mode->kind >= 5) predict_word_cell(c, mode);
}

/* The mode of the next block. */
static void next_block(struct otad *o) {
  struct prediction *p = &o->prediction;
  struct section *s = &o->sections[MODES];
  if (p->run == 0) {
    p->mode = 0;
    p->run = NOTHING;
    if (s->left > 0) {
      uint64_t mode = read_varint(o, s);
      p->run = read_varint(o, s);
      if (mode > p->mode_count || p->run == 0) fail(o, OTAD_DELTA_INVALID);
      p->mode = (uint8_t)mode;
    }
  }
  if (p->run != NOTHING) p->run--;
  p->block_left = (uint32_t)1 << o->header.block_bits;
}

static void make_cell(struct otad *o, uint64_t from, uint64_t to, uint32_t count) {
  struct prediction *p = &o->prediction;
  const struct part *old_part = NULL, *new_part = NULL;
  struct cell cell = {o, p->old_bytes, p->new_bytes, 0, 0, 0, 0, count, 0, 0};
  read_old(o, from, p->old_bytes, count);
  memset(p->new_bytes, 0, count);
  add_differences(o, p->new_bytes, count);
  if (failed(o)) return;
  if (p->mode > 0) {
    old_part = part_of(p->old_parts, p->old_count, from);
    new_part = part_of(p->new_parts, p->new_count, to);
  }
  if (old_part && new_part) {
    cell.program = old_part->program;
    cell.old_address = old_part->address + (from - old_part->offset);
    cell.new_address = new_part->address + (to - new_part->offset);
    predict_cell(&cell, &p->modes[p->mode - 1]);
  }
  settle(&cell, count);
}

static void add_predicted(struct otad *o, uint64_t from, uint64_t to, uint64_t count) {
  struct prediction *p = &o->prediction;
  while (count > 0 && !failed(o)) {
    uint32_t size, done = 0;
    if (p->block_left == 0) next_block(o);
    size = least(count, p->block_left);
    make_cell(o, from, to, size);
    while (done < size && !failed(o)) {
      uint32_t some = room(o, size - done);
      memcpy(o->piece + o->fill, p->new_bytes + done, some);
      o->fill += some;
      done += some;
    }
    p->block_left -= size;
    from += size;
    to += size;
    count -= size;
  }
}
#endif

/* --- Applying --- */

static void check_base(struct otad *o) {
  uint8_t digest[32];
  uint64_t at = 0;
  if (o->io->old_length != o->header.old_length) {
    fail(o, OTAD_DELTA_WRONG_BASE);
    return;
  }
  otad_sha256_init(&o->sha);
  while (at < o->header.old_length && !failed(o)) {
    uint32_t some = least(o->header.old_length - at, OTAD_PIECE);
    read_old(o, at, o->piece, some);
    otad_sha256_update(&o->sha, o->piece, some);
    at += some;
    progress(o, OTAD_CHECKING, at, o->header.old_length);
  }
  otad_sha256_final(&o->sha, digest);
#ifndef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
  if (memcmp(digest, o->header.old_sha256, 32) != 0) fail(o, OTAD_DELTA_WRONG_BASE);
#endif
}

/* Lays out the arena behind the state: what has to be aligned most comes first, so that nothing is lost between. */
static void lay_out(struct otad *o) {
  size_t group = o->header.group;
  for (unsigned i = 0; i < OTAD_SECTIONS; i++) {
    o->sections[i].entry = &o->header.sections[i];
    rewind_section(o, &o->sections[i]);
#if OTAD_BROTLI
    if (o->sections[i].entry->coder == BROTLI) o->sections[i].coder.brotli = take(o, (size_t)coding_memory(o->sections[i].entry));
#endif
  }
  o->controls.add = take(o, 8 * group);
  o->controls.insert = take(o, 8 * group);
  o->controls.seek = take(o, 8 * group);
#if OTAD_PREDICTION
  if (o->header.block_bits > 0) {
    struct prediction *p = &o->prediction;
    p->map = take(o, sizeof *p->map * o->header.steps);
    if (o->header.label_bits > 0) {
      p->labels = take(o, sizeof *p->labels << o->header.label_bits);
      p->shifts = take(o, LABEL_SHIFTS * sizeof *p->shifts);
    }
    p->modes = take(o, (size_t)(8 * o->header.sections[PREDICTION].length));
    p->old_bytes = take(o, (size_t)1 << o->header.block_bits);
    p->new_bytes = take(o, (size_t)1 << o->header.block_bits);
  }
#endif
  for (unsigned i = 0; i < OTAD_SECTIONS; i++) {
#if OTAD_DEFLATE
    if (o->sections[i].entry->coder == DEFLATE) o->sections[i].coder.inflate.tables = take(o, 8192);
#endif
#if OTAD_LZMA
    const struct otad_entry *entry = o->sections[i].entry;
    size_t window = (size_t)1 << entry->window_bits;
    if (entry->coder >= LZMA) o->sections[i].coder.lzma.probabilities = take(o, (size_t)coding_memory(entry) - window);
#endif
  }
  for (unsigned i = 0; i < OTAD_SECTIONS; i++) {
    const struct otad_entry *entry = o->sections[i].entry;
    if (entry->coder >= LZMA || entry->coder == DEFLATE) o->sections[i].window = take(o, (size_t)1 << entry->window_bits);
  }
}

static void make_image(struct otad *o) {
  otad_sha256_init(&o->sha);
  rewind_controls(o);
  for (uint32_t i = 0; i < o->header.steps && !failed(o); i++) {
    uint64_t to = o->controls.made;
    struct step step = next_step(o);
    if (failed(o)) return;
#if OTAD_PREDICTION
    if (o->header.block_bits > 0) {
      add_predicted(o, step.from, to, step.add);
    } else
#endif
      add_plain(o, step.from, step.add);
    insert_bytes(o, step.insert);
    (void)to;
  }
  if (o->controls.made != o->header.new_length) fail(o, OTAD_DELTA_INVALID);
  if (o->dirty > 0 || o->clean > 0) fail(o, OTAD_DELTA_INVALID);
#if OTAD_PREDICTION
  if (o->prediction.run != 0 && o->prediction.run != NOTHING) fail(o, OTAD_DELTA_INVALID);
#endif
  for (unsigned i = 0; i < OTAD_SECTIONS; i++) finish_section(o, &o->sections[i]);
}

enum otad_status otad_apply(const struct otad_io *io, void *arena, size_t arena_size) {
  struct otad *o = (struct otad *)(void *)((uint8_t *)arena + ((0 - (uintptr_t)arena) & 15));
  uint8_t digest[32];
  if (arena_size < BUFFERS + OTAD_ARENA_EXTRA) return OTAD_DELTA_TOO_LARGE;
  memset(o, 0, sizeof *o);
  o->io = io;
  o->status = otad_read_header(io, &o->header);
  if (failed(o)) return o->status;
  if (otad_arena_size(&o->header) == 0 || arena_size < otad_arena_size(&o->header)) return OTAD_DELTA_TOO_LARGE;
  o->free = (uint8_t *)o + ((sizeof *o + 15) & ~(size_t)15);
  check_base(o);
  if (failed(o)) return o->status;
  lay_out(o);
#if OTAD_PREDICTION
  if (o->header.block_bits > 0) open_prediction(o);
#endif
  make_image(o);
  flush(o);
  for (unsigned i = 0; i < OTAD_SECTIONS; i++) close_section(o, &o->sections[i]);
  if (failed(o)) return o->status;
  otad_sha256_final(&o->sha, digest);
  return memcmp(digest, o->header.new_sha256, 32) == 0 ? OTAD_OK : OTAD_DIGEST_MISMATCH;
}
