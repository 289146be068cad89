import { join } from 'node:path';
import { readImage } from '../bundle/image.ts';
import type { ManifestComponent } from '../bundle/manifest.ts';
import type { OpenBundle } from '../bundle/open.ts';
import type { Progress } from '../core/progress.ts';
import type { TrustedRepository } from '../device/client/repository.ts';
import { withFile } from '../files/read.ts';
import { removeFile } from '../files/remove.ts';
import { writeStreamAtomic } from '../files/write.ts';
import type { PublishedComponent } from './releases.ts';

export interface ImageOptions {
  readonly bundle: OpenBundle;
  readonly repository: TrustedRepository;
  /** A folder that images lie in while they are of use. */
  readonly scratch: string;
  readonly progress: Progress;
}

/** The images that deltas lead from and to, as files: each is there from its first use to the end of its last. */
export class DeltaImages {
  readonly #options: ImageOptions;
  readonly #files = new Map<string, { readonly ready: Promise<string>; users: number }>();

  constructor(options: ImageOptions) {
    this.#options = options;
  }

  /**
   * Gives the paths of the image of a published component and of one in the bundle.
   *
   * @throws OtaError what reading the old payload from the store throws
   */
  with<T>(
    from: PublishedComponent,
    to: ManifestComponent,
    use: (old: string, fresh: string) => Promise<T>,
  ): Promise<T> {
    return this.#shared(
      `${to.name}.new`,
      (path) => this.#ofBundle(to, path),
      (fresh) =>
        this.#shared(
          `${from.image.sha256}.old`,
          (path) => this.#published(from, path),
          (old) => use(old, fresh),
        ),
    );
  }

  async #shared<T>(
    name: string,
    write: (path: string) => Promise<unknown>,
    use: (path: string) => Promise<T>,
  ): Promise<T> {
    const path = join(this.#options.scratch, name);
    const file = this.#files.get(name) ?? { ready: write(path).then(() => path), users: 0 };
    this.#files.set(name, file);
    file.users++;
    try {
      return await use(await file.ready);
    } finally {
      if (--file.users === 0) {
        this.#files.delete(name);
        await removeFile(path);
      }
    }
  }

  #ofBundle({ name, payload, image }: ManifestComponent, path: string): Promise<number> {
    const { bundle, progress } = this.#options;
    const { compression } = payload;
    return writeStreamAtomic(
      path,
      readImage(bundle.payload(name), { component: name, compression, image, progress }),
    );
  }

  async #published(from: PublishedComponent, path: string): Promise<void> {
    const { repository, progress } = this.#options;
    const payload = `${path}-payload`;
    try {
      const target = await repository.get(from.path);
      await writeStreamAtomic(payload, repository.download(target));
      const { compression, image } = from;
      await withFile(payload, (file) =>
        writeStreamAtomic(path, readImage(file, { component: from.path, compression, image, progress })),
      );
    } finally {
      await removeFile(payload);
    }
  }
}
