import Inspect from '../commands/inspect.ts';
import LogShow from '../commands/log/show.ts';
import LogVerify from '../commands/log/verify.ts';
import RequestImport from '../commands/request/import.ts';
import RequestShow from '../commands/request/show.ts';
import Sign from '../commands/sign.ts';

/** What an officer's machine needs, and nothing that would need a network. */
export const COMMANDS = {
  inspect: Inspect,
  'log:show': LogShow,
  'log:verify': LogVerify,
  'request:import': RequestImport,
  'request:show': RequestShow,
  sign: Sign,
};
