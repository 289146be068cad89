/**
 * Bytes that tools made of the corpus's pairs that are not in Debian, recorded once: HDiffPatch 4.8 (`hdiffz -m-1 -SD -c-lzma2`)
 * and zucchini with `xz -9e`. The pairs are those of the corpus script; other bytes give other figures.
 */
export const RECORDED: Readonly<
  Record<string, { readonly hdiffpatch?: number; readonly zucchini?: number }>
> = {
  'app-far': { hdiffpatch: 2_297_145, zucchini: 2_216_232 },
  'app-near': { hdiffpatch: 188_716, zucchini: 201_052 },
  'boot-uboot': { hdiffpatch: 267_890 },
  'kernel-arm64': { hdiffpatch: 2_102_519, zucchini: 2_079_800 },
  'kernel-vmlinux-far': { hdiffpatch: 3_404_976, zucchini: 3_091_416 },
  'kernel-vmlinux-near': { hdiffpatch: 531_380, zucchini: 492_876 },
  'mcu-movehub': { hdiffpatch: 6099 },
  'mcu-primehub': { hdiffpatch: 20_044 },
  'mcu-technichub': { hdiffpatch: 10_205 },
};

/** What was recorded of a run that did not end. */
export interface GivenUp {
  readonly cpuSeconds: number;
  readonly megabytes: number;
}

/**
 * bsdiff 4.3 did not end with the root filesystem: it was given up after half an hour of CPU time (1,826 s), when what it had written
 * to memory had long not grown, about where 36 MB of zeros start. With `OTA_BENCH_ALL=1` it is run all the same.
 */
export const BSDIFF_GIVEN_UP: Readonly<Record<string, GivenUp>> = {
  'rootfs-ext4': { cpuSeconds: 1800, megabytes: 2091 },
};
