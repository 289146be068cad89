import { Flags } from '@oclif/core';
import { OtaCommand } from '../cli/command.ts';
import { folderImages, npmImages } from '../cli/demo/images.ts';
import { type DemoReport, runDemo } from '../cli/demo/run.ts';
import { demoEnd, demoIntro, demoStepLines } from '../cli/views/demo.ts';

export default class Demo extends OtaCommand<typeof Demo> {
  static override summary =
    'Run the whole chain on real firmware: keys, bundles, deltas, signatures, publication, an update.';
  static override description =
    `Bundles two versions of a product of four domains, signs them, publishes both to a plain folder, and lets a reference
device at 1.0.0 update to 1.1.0 through deltas. The images are real binaries from npm packages, or your own with
--images. Running it again replaces what it made before.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --images corpus/gateway --dir /tmp/demo',
  ];
  static override flags = {
    dir: Flags.string({ description: 'folder to make everything in', default: 'demo', helpValue: 'DIR' }),
    images: Flags.string({
      description: 'folder with 1.0.0/ and 1.1.0/, each with u-boot.bin, linux.img, app or motor.bin',
      helpValue: 'DIR',
    }),
  };

  async run(): Promise<DemoReport> {
    const { dir, images } = this.flags;
    const components = images === undefined ? await npmImages() : await folderImages(images);
    const print = (lines: readonly string[]) => {
      for (const line of lines) this.say(line);
    };
    print(demoIntro(components, dir));
    const report = await runDemo({
      folder: dir,
      components,
      now: this.now(),
      clock: () => performance.now() / 1000,
      progress: this.progress,
      onEvent: (event) => print(demoStepLines(event)),
    });
    print(demoEnd(report));
    return report;
  }
}
