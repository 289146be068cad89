/*
 * Applies a delta to a file: an example of how otad.h is used, and a tool to try deltas with on Linux and the like.
 *
 *   otad-apply OLD DELTA NEW [MEMORY]
 *
 * NEW appears only when its digest is right. MEMORY is how many bytes of arena there are; without it, what the delta asks for.
 * Exit status: 0 done, 2 wrong usage, 1 anything else, with the code of the error on standard error.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#define _FILE_OFFSET_BITS 64
#define _POSIX_C_SOURCE 200809L
#include "otad.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#if OTAD_BROTLI
#include "otad-brotli.h"
#endif

struct files {
  int old_image;
  int delta;
  FILE *new_image;
};

static int read_at(int file, uint64_t offset, uint8_t *bytes, uint32_t length) {
  while (length > 0) {
    ssize_t count = pread(file, bytes, length, (off_t)offset);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return -1;
    bytes += count;
    offset += (uint64_t)count;
    length -= (uint32_t)count;
  }
  return 0;
}

static int read_old(void *context, uint64_t offset, uint8_t *bytes, uint32_t length) {
  return read_at(((struct files *)context)->old_image, offset, bytes, length);
}

static int read_delta(void *context, uint64_t offset, uint8_t *bytes, uint32_t length) {
  return read_at(((struct files *)context)->delta, offset, bytes, length);
}

static int write_new(void *context, const uint8_t *bytes, uint32_t length) {
  return fwrite(bytes, 1, length, ((struct files *)context)->new_image) == length ? 0 : -1;
}

static int open_file(const char *path, uint64_t *length) {
  struct stat status;
  int file = open(path, O_RDONLY);
  if (file < 0 || fstat(file, &status) != 0) {
    perror(path);
    exit(1);
  }
  *length = (uint64_t)status.st_size;
  return file;
}

static enum otad_status apply(const struct otad_io *io, const char *memory) {
  struct otad_header header;
  enum otad_status status = otad_read_header(io, &header);
  size_t size;
  void *arena;
  if (status != OTAD_OK) return status;
  size = memory ? (size_t)strtoull(memory, NULL, 0) : otad_arena_size(&header);
  arena = malloc(size);
  if (!arena) return OTAD_DELTA_TOO_LARGE;
  status = otad_apply(io, arena, size);
  free(arena);
  return status;
}

int main(int argc, char **argv) {
  struct files files;
  struct otad_io io = {0};
  char part[4096];
  enum otad_status status;
  if (argc < 4 || argc > 5 || strlen(argv[3]) > sizeof part - 6) {
    fprintf(stderr, "usage: otad-apply OLD DELTA NEW [MEMORY]\n");
    return 2;
  }
  files.old_image = open_file(argv[1], &io.old_length);
  files.delta = open_file(argv[2], &io.delta_length);
  snprintf(part, sizeof part, "%s.part", argv[3]);
  files.new_image = fopen(part, "wb");
  if (!files.new_image) {
    perror(part);
    return 1;
  }
  io.context = &files;
  io.read_old = read_old;
  io.read_delta = read_delta;
  io.write_new = write_new;
#if OTAD_BROTLI
  io.brotli = &otad_libbrotli;
#endif
  status = apply(&io, argc == 5 ? argv[4] : NULL);
  /* What was made is on the disk before it has the name that others look for. */
  if (fflush(files.new_image) != 0 || fsync(fileno(files.new_image)) != 0) status = status == OTAD_OK ? OTAD_IO_FAILED : status;
  if (fclose(files.new_image) != 0 && status == OTAD_OK) status = OTAD_IO_FAILED;
  if (status == OTAD_OK && rename(part, argv[3]) != 0) status = OTAD_IO_FAILED;
  if (status == OTAD_OK) return 0;
  remove(part);
  fprintf(stderr, "otad-apply: %s: %s\n", argv[2], otad_code(status));
  return 1;
}
