import type { Kind } from './kind.ts';
import { archiveKind, archivePageKind } from './kinds/archive.ts';
import { bundleKind } from './kinds/bundle.ts';
import { channelKind } from './kinds/channel.ts';
import { deltaKind } from './kinds/delta.ts';
import { deviceKind } from './kinds/device.ts';
import { documentKind } from './kinds/document.ts';
import { logKind } from './kinds/log.ts';
import { manifestKind } from './kinds/manifest.ts';
import { privateKeyKind } from './kinds/private-key.ts';
import { proposalKind } from './kinds/proposal.ts';
import { publicKeyKind } from './kinds/public-key.ts';
import { releaseFileKind } from './kinds/release-file.ts';
import { requestKind } from './kinds/request.ts';
import { responseKind } from './kinds/response.ts';
import { roleKind } from './kinds/role.ts';
import { signaturesKind } from './kinds/signatures.ts';
import { storeKind } from './kinds/store.ts';

/** Every kind that is known; the first that recognises a file has it, so the general ones come last. */
export const KINDS: readonly Kind[] = [
  bundleKind,
  deltaKind,
  logKind,
  privateKeyKind,
  roleKind,
  manifestKind,
  signaturesKind,
  channelKind,
  archiveKind,
  archivePageKind,
  publicKeyKind,
  requestKind,
  responseKind,
  proposalKind,
  deviceKind,
  storeKind,
  releaseFileKind,
  documentKind,
];
