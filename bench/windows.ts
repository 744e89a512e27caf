/**
 * `npm run bench:windows`: the same as `npm run bench` on the ReactOS image. Volatility 3 is measured twice: told by a configuration
 * where the kernel is and what its symbols are, and looking for them as it does on a Windows image, where it finds none and
 * what counts is how long it looks.
 */
import { Image } from '../src/analysis/image.js';
import { openMemory } from '../src/formats/open-image.js';
import { images } from '../test/ground-truth/images.js';
import { hasVolatility, volatilityCommand, withVolatilityConfiguration } from '../test/peers/volatility/volatility.js';
import { WINDOWS_CASES, WINDOWS_SCANS } from './cases.js';
import { PairedRun, type Peer } from './paired-run.js';

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
    const peers: readonly Peer[] = [
      { name: 'Volatility, told', command: told },
      { name: 'Volatility, looking', fails: true, command: (plugin) => volatilityCommand(path, [plugin]) },
    ];
    const run = new PairedRun(path, hasVolatility ? peers : []);
    try {
      run.commands(WINDOWS_CASES);
      run.scans(WINDOWS_SCANS);
    } finally {
      run.close();
    }
  });
}
