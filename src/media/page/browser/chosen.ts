import type { Picked } from '../picked.ts';

/** What a file input holds. */
export const chosenIn = (input: HTMLInputElement): readonly Picked<File>[] =>
  [...(input.files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file }));

/** Either of the two ways in which browsers give what is dropped. */
type Handle = FileSystemHandle | FileSystemEntry;

/**
 * What was dropped, folders with all that is in them.
 *
 * @throws Error where a browser gives no folders this way
 */
export async function droppedIn(data: DataTransfer): Promise<readonly Picked<File>[]> {
  const plain = [...data.files];
  // All items have to be asked at once: they are gone after the first wait.
  const handles = await Promise.all([...data.items].filter(({ kind }) => kind === 'file').map(handleOf));
  const isFolder = handles.some((handle) => handle && !isFile(handle));
  if (!isFolder && plain.length > 0) return plain.map((file) => ({ path: file.name, file }));
  const found: Picked<File>[] = [];
  for (const handle of handles) if (handle) found.push(...(await within(handle, '')));
  if (found.length > 0) return found;
  throw new Error('nothing was given');
}

const isFile = (handle: Handle): boolean => ('isFile' in handle ? handle.isFile : handle.kind === 'file');

async function handleOf(item: DataTransferItem): Promise<Handle | null> {
  const entry = item.webkitGetAsEntry();
  const modern = item as DataTransferItem & { getAsFileSystemHandle?(): Promise<FileSystemHandle | null> };
  try {
    // Chromium gives entries to a page that was opened as a file, and then does not let it read them.
    return (await modern.getAsFileSystemHandle?.()) ?? entry;
  } catch {
    return entry;
  }
}

async function within(handle: Handle, above: string): Promise<Picked<File>[]> {
  const path = `${above}${handle.name}`;
  if ('isFile' in handle) return withinEntry(handle, path);
  if (handle.kind === 'file') return [{ path, file: await (handle as FileSystemFileHandle).getFile() }];
  const found: Picked<File>[] = [];
  const folder = handle as FileSystemDirectoryHandle & { values(): AsyncIterable<FileSystemHandle> };
  for await (const child of folder.values()) found.push(...(await within(child, `${path}/`)));
  return found;
}

async function withinEntry(entry: FileSystemEntry, path: string): Promise<Picked<File>[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((done, failed) => (entry as FileSystemFileEntry).file(done, failed));
    return [{ path, file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: Picked<File>[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed));
    if (some.length === 0) return found;
    for (const child of some) found.push(...(await within(child, `${path}/`)));
  }
}
