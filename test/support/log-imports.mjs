// With `node --import`: appends the address of every module that is loaded to the file in OTA_TEST_IMPORTS.
import { appendFileSync } from 'node:fs';
import { register } from 'node:module';
import process from 'node:process';

register(
  `data:text/javascript,${encodeURIComponent(`
    import { appendFileSync } from 'node:fs';
    export async function load(url, context, next) {
      appendFileSync(${JSON.stringify(process.env.OTA_TEST_IMPORTS ?? '')}, url + '\\n');
      return next(url, context);
    }`)}`,
);
appendFileSync(process.env.OTA_TEST_IMPORTS ?? '', '');
