import Inspect from '../commands/inspect.ts';
import KeysExport from '../commands/keys/export.ts';
import KeysGenerate from '../commands/keys/generate.ts';
import KeysImport from '../commands/keys/import.ts';
import KeysList from '../commands/keys/list.ts';
import KeysPasswd from '../commands/keys/passwd.ts';
import KeysShow from '../commands/keys/show.ts';
import LogShow from '../commands/log/show.ts';
import LogVerify from '../commands/log/verify.ts';
import RequestImport from '../commands/request/import.ts';
import RequestShow from '../commands/request/show.ts';
import Sign from '../commands/sign.ts';

/** What an officer's machine needs, and nothing that would need a network. */
export const COMMANDS = {
  inspect: Inspect,
  'keys:export': KeysExport,
  'keys:generate': KeysGenerate,
  'keys:import': KeysImport,
  'keys:list': KeysList,
  'keys:passwd': KeysPasswd,
  'keys:show': KeysShow,
  'log:show': LogShow,
  'log:verify': LogVerify,
  'request:import': RequestImport,
  'request:show': RequestShow,
  sign: Sign,
};
