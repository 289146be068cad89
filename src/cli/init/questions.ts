import { OtaError } from '../../core/errors.ts';
import { DOMAINS } from '../../core/names.ts';
import type { Check, Prompts } from '../prompts.ts';
import {
  type InitPlan,
  parseComponents,
  parseHardware,
  parseProduct,
  suggestHardware,
  suggestProduct,
  USUAL_COMPONENTS,
} from './plan.ts';

export interface Answers {
  readonly product?: string | undefined;
  readonly hardware?: readonly string[] | undefined;
  readonly components?: readonly string[] | undefined;
}

/**
 * Completes what was given: by asking where there is somebody to ask, else by what is usual.
 *
 * @throws OtaError `name-invalid`, `usage-flag`, `cancelled`
 */
export async function planInit(
  folder: string,
  given: Answers,
  prompts: Prompts | undefined,
): Promise<InitPlan> {
  // What was given is checked before anything is asked.
  const components = given.components && parseComponents(given.components);
  const hardware = given.hardware && parseHardware(given.hardware);
  const product = parseProduct(given.product ?? (await askProduct(suggestProduct(folder), prompts)));
  return {
    product,
    hardware: hardware ?? parseHardware(await askHardware(suggestHardware(product), prompts)),
    components: components ?? parseComponents(await askComponents(prompts)),
  };
}

async function askProduct(usual: string, prompts: Prompts | undefined): Promise<string> {
  return prompts?.text('Product name', usual, checkBy(parseProduct)) ?? usual;
}

async function askHardware(usual: string, prompts: Prompts | undefined): Promise<readonly string[]> {
  const check = checkBy((text) => parseHardware(text.split(',')));
  const text = await prompts?.text('Hardware ids that it runs on, separated by commas', usual, check);
  return (text ?? usual).split(',');
}

async function askComponents(prompts: Prompts | undefined): Promise<readonly string[]> {
  const choices = DOMAINS.map((domain) => {
    const value = USUAL_COMPONENTS[domain];
    const [name, , file] = value.split(':');
    return { value, name: `${domain}: ${name}, from ${file}`, checked: true };
  });
  return prompts?.choose('Which parts does it have?', choices) ?? choices.map(({ value }) => value);
}

/** A parser as the check of an answer. */
const checkBy =
  (parse: (text: string) => unknown): Check =>
  (answer) => {
    try {
      parse(answer);
      return undefined;
    } catch (error) {
      if (error instanceof OtaError) return [error.message, error.hint].filter(Boolean).join('. ');
      throw error;
    }
  };
