import type { InitPlan } from './plan.ts';
import { fillTemplate, loadTemplate, yamlText } from './template.ts';

/** The commented `ota.yaml` of a new project. */
export async function initialReleaseFile(plan: InitPlan): Promise<string> {
  const components: string[] = [];
  for (const { name, domain, file } of plan.components) {
    const template = await loadTemplate(`components/${domain}.yaml.tmpl`);
    components.push(fillTemplate(template, { name: yamlText(name), file: yamlText(file) }).trimEnd());
  }
  return fillTemplate(await loadTemplate('ota.yaml.tmpl'), {
    product: yamlText(plan.product),
    hardware: plan.hardware.map(yamlText).join(', '),
    components: components.join('\n'),
  });
}

/** The three commands to type next. */
export async function nextCommands(
  product: string,
  passphraseFile: string | undefined,
): Promise<readonly string[]> {
  const text = fillTemplate(await loadTemplate('next.txt'), {
    product,
    passphrase: passphraseFile === undefined ? '' : ` --passphrase-file ${passphraseFile}`,
  });
  return text.trimEnd().split('\n');
}

/** `current` with the lines of the template that it lacks; `undefined` where it lacks none. */
export async function extendGitignore(current: string): Promise<string | undefined> {
  const present = new Set(current.split('\n').map((line) => line.trim()));
  const missing = (await loadTemplate('gitignore'))
    .trimEnd()
    .split('\n')
    .filter((line) => !present.has(line));
  if (missing.length === 0) return undefined;
  const gap = current === '' || current.endsWith('\n') ? '' : '\n';
  return `${current}${gap}${missing.join('\n')}\n`;
}
