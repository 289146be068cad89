/** The commands of the `console` blocks of a Markdown text: lines that start with `$ `. */
export const consoleCommands = (markdown: string): readonly string[] =>
  [...markdown.matchAll(/^```console\n([\s\S]*?)^```/gm)]
    .flatMap(([, block = '']) => block.split('\n'))
    .filter((line) => line.startsWith('$ '))
    .map((line) => line.slice(2));
