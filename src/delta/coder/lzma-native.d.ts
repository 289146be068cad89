/** The part of lzma-native that is used; the package has no types of its own. */
declare module 'lzma-native' {
  import type { Transform } from 'node:stream';

  interface Options {
    readonly lc: number;
    readonly lp: number;
    readonly pb: number;
    readonly dictSize: number;
    readonly mode: number;
    readonly mf: number;
    readonly niceLen: number;
    readonly depth: number;
  }

  interface Filter {
    readonly id: string;
    readonly options?: Options;
  }

  interface Lzma {
    readonly FILTER_X86: string;
    readonly FILTER_POWERPC: string;
    readonly FILTER_IA64: string;
    readonly FILTER_ARM: string;
    readonly FILTER_ARMTHUMB: string;
    readonly FILTER_SPARC: string;
    readonly FILTER_LZMA1: string;
    readonly MODE_FAST: number;
    readonly FILTER_LZMA2: string;
    readonly MODE_NORMAL: number;
    readonly MF_BT4: number;
    readonly MF_HC4: number;
    createStream(
      coder: 'rawEncoder' | 'rawDecoder' | 'streamEncoder',
      options: { readonly filters: readonly Filter[]; readonly check?: number },
    ): Transform;
  }

  const lzma: Lzma;
  export default lzma;
}
