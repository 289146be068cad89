/** What machine code is for. */
export const ARCHITECTURES = [
  'aarch64',
  'arm',
  'x86-64',
  'x86',
  'riscv',
  'mips',
  'powerpc',
  'xtensa',
  'loongarch',
] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

/** `e_machine` of ELF, by the registry of the System V ABI. */
const ELF_MACHINES: Readonly<Record<number, Architecture>> = {
  3: 'x86',
  8: 'mips',
  20: 'powerpc',
  21: 'powerpc',
  40: 'arm',
  62: 'x86-64',
  94: 'xtensa',
  183: 'aarch64',
  243: 'riscv',
  258: 'loongarch',
};

/** `Machine` of PE, which UEFI programs have. */
const PE_MACHINES: Readonly<Record<number, Architecture>> = {
  332: 'x86',
  452: 'arm',
  20530: 'riscv',
  20580: 'riscv',
  34404: 'x86-64',
  43620: 'aarch64',
};

/** `ih_arch` of U-Boot's legacy images. */
const UIMAGE_MACHINES: Readonly<Record<number, Architecture>> = {
  2: 'arm',
  3: 'x86',
  5: 'mips',
  7: 'powerpc',
  22: 'aarch64',
  24: 'x86-64',
  26: 'riscv',
};

/**
 * What an image's machine code is for, by its first 4 KiB: of ELF, PE, a kernel's `Image` for AArch64 or RISC-V, a `bzImage`,
 * a `zImage` for Arm, or a legacy image of U-Boot; `undefined` where it is none of these.
 */
export function architectureOf(head: Uint8Array): Architecture | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const u8 = (at: number) => (at < head.length ? view.getUint8(at) : -1);
  const u16 = (at: number, little = true) => (at + 2 <= head.length ? view.getUint16(at, little) : -1);
  const u32 = (at: number, little = true) => (at + 4 <= head.length ? view.getUint32(at, little) : -1);
  if (u32(0, false) === 0x7f454c46) return ELF_MACHINES[u16(18, u8(5) !== 2)];
  // Before PE: a kernel with an EFI stub is one, too.
  if (u32(0x38) === 0x644d5241) return 'aarch64';
  if (u32(0x38) === 0x05435352) return 'riscv';
  if (u32(0x202) === 0x53726448) return 'x86-64';
  if (u32(0x24) === 0x016f2818) return 'arm';
  if (u32(0, false) === 0x27051956) return UIMAGE_MACHINES[u8(29)];
  if (u16(0) === 0x5a4d) {
    const pe = u32(0x3c);
    if (u32(pe) === 0x00004550) return PE_MACHINES[u16(pe + 4)];
  }
  return undefined;
}
