type Liblzma = typeof import('lzma-native')['default'];
let loaded: Promise<Liblzma | undefined> | undefined;

/** liblzma, `undefined` on a machine that it is not built for. */
export function liblzma(): Promise<Liblzma | undefined> {
  loaded ??= import('lzma-native').then(
    (module) => module.default,
    () => undefined,
  );
  return loaded;
}
