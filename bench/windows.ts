/**
 * `npm run bench:windows`: the same as `npm run bench` on the ReactOS image. Volatility 3 is told by a configuration where the
 * kernel is and what its symbols are; how long it looks for one by itself is measured on its own.
 */
import { Image } from '../src/analysis/image.js';
import { openMemory } from '../src/formats/open-image.js';
import { images } from '../test/ground-truth/images.js';
import { hasVolatility, volatilityCommand, withVolatilityConfiguration } from '../test/peers/volatility/volatility.js';
import { WINDOWS_CASES, WINDOWS_SCANS } from './cases.js';
import { PairedRun } from './paired-run.js';

const image = images().find(({ name, files }) => name.startsWith('reactos-') && files.includes('symbols.json'));
if (image === undefined) {
  console.log('There is no image to measure on (reactos-0.4.13-x86).');
} else {
  const [path, symbols] = [await image.path(), await image.file('symbols.json')];
  const opened = new Image(image.name, await openMemory(path), { cache: false });
  const { location } = await opened.requireWindows();
  opened.close();
  withVolatilityConfiguration({ image: path, symbols, kernel: location }, (configuration) => {
    const told = (plugin: string) => volatilityCommand(path, [plugin], ['-c', configuration]);
    const run = new PairedRun(path, hasVolatility ? [{ name: 'Volatility', command: told }] : []);
    try {
      run.commands(WINDOWS_CASES);
      // Without a configuration it looks for the kernel, as it does in every image of Windows, and finds none here.
      const looking = { ...volatilityCommand(path, ['windows.pslist.PsList']), fails: true };
      if (hasVolatility) run.alone('Volatility looking for the kernel, until it gives up', looking);
      run.scans(WINDOWS_SCANS);
    } finally {
      run.close();
    }
  });
}
