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

  interface Lzma {
    readonly FILTER_LZMA1: string;
    readonly MODE_FAST: number;
    readonly MODE_NORMAL: number;
    readonly MF_BT4: number;
    readonly MF_HC4: number;
    createStream(
      coder: 'rawEncoder',
      options: { readonly filters: readonly { readonly id: string; readonly options: Options }[] },
    ): Transform;
  }

  const lzma: Lzma;
  export default lzma;
}
