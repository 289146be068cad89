import { fromUtf8 } from '../core/bytes.ts';
import { type Sealed, seal } from '../core/digest.ts';
import { byCodePoint } from '../core/json/canonical.ts';
import { printJson } from '../core/json/print.ts';
import type { JsonObject } from '../core/json/value.ts';
import { REQUEST_TYPE, type RequestContent, type RequestDocument } from './model.ts';

/**
 * The one spelling of a request: the same content gives the same bytes, in whatever order it was collected.
 *
 * Files are texts inside the JSON, so that they stay what was signed to the byte.
 */
export function encodeRequest({ chain, documents, files, channel }: RequestContent): Sealed {
  return seal(
    printJson({
      _type: REQUEST_TYPE,
      format: 1,
      ...(channel === undefined ? {} : { channel }),
      chain: { roots: chain.roots.map(fromUtf8), roles: texts(chain.roles) },
      documents: [...documents].sort(byKey).map(documentJson),
      files: texts(files),
    }),
  );
}

const documentJson = (document: RequestDocument): JsonObject =>
  document.type === 'role'
    ? { type: 'role', role: document.role, signed: document.signed }
    : { type: 'manifest', payload: fromUtf8(document.bytes) };

/** Root, targets, delegated roles by name, manifests. */
function byKey(a: RequestDocument, b: RequestDocument): number {
  return byCodePoint(keyOf(a), keyOf(b));
}

function keyOf(document: RequestDocument): string {
  if (document.type === 'manifest') return `3 ${fromUtf8(document.bytes)}`;
  const rank = { root: 0, targets: 1 }[document.role] ?? 2;
  return `${rank} ${document.role}`;
}

function texts(files: ReadonlyMap<string, Uint8Array>): JsonObject {
  const object: Record<string, string> = Object.create(null);
  for (const [name, bytes] of files) object[name] = fromUtf8(bytes);
  return object;
}
